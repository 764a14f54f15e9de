"""A producer API as docs/coming-from-kafka-producer-api.md and the system it tells of have it: FastAPI, confluent-kafka,
produce() and flush() in each request, success before any delivery report is looked at.

    BOOTSTRAP=127.0.0.1:9092 uvicorn fastapi_confluent:app
"""

import json
import os
import time
from datetime import datetime

from confluent_kafka import Producer
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

producer = Producer(
    {
        "bootstrap.servers": os.environ["BOOTSTRAP"],
        "client.id": "python-producer-api",
        "acks": "all",
        "retries": 3,
        "batch.size": 16384,
        "linger.ms": 1,
    }
)
app = FastAPI()


class Message(BaseModel):
    topic: str
    key: str | None = None
    message: dict
    partition: int | None = None


def enriched(message: Message) -> bytes:
    now = {"timestamp": datetime.now().isoformat(), "source": "python-producer-api", "server_time": time.time()}
    return json.dumps({**message.message, **now}).encode()


def produce(message: Message) -> None:
    key = message.key.encode() if message.key else None
    producer.produce(topic=message.topic, key=key, value=enriched(message))


@app.get("/health")
async def health():
    return {"status": "healthy"}


@app.post("/produce")
async def produce_one(message: Message):
    try:
        produce(message)
        producer.flush()
        return {
            "success": True,
            "message": "Message sent successfully",
            "topic": message.topic,
            "partition": 0,
            "offset": 0,
            "timestamp": datetime.now().isoformat(),
        }
    except Exception as error:
        raise HTTPException(status_code=500, detail=f"Failed to produce message: {error}")


@app.post("/produce/batch")
async def produce_batch(messages: list[Message]):
    results = []
    for message in messages:
        produce(message)
        results.append({"success": True, "topic": message.topic, "message": "Queued for delivery"})
    producer.flush()
    return {"success": True, "messages_sent": len(results), "results": results}
