"""The same framework, each answer after its record's delivery: FastAPI and aiokafka.

    BOOTSTRAP=127.0.0.1:9092 uvicorn fastapi_aiokafka:app
"""

import asyncio
import json
import os
import time
from contextlib import asynccontextmanager
from datetime import datetime, timezone

from aiokafka import AIOKafkaProducer
from fastapi import FastAPI
from pydantic import BaseModel

producer: AIOKafkaProducer


@asynccontextmanager
async def lifespan(_: FastAPI):
    global producer
    producer = AIOKafkaProducer(
        bootstrap_servers=os.environ["BOOTSTRAP"], acks="all", linger_ms=1, max_batch_size=16384
    )
    await producer.start()
    yield
    await producer.stop()


app = FastAPI(lifespan=lifespan)


class Message(BaseModel):
    topic: str
    key: str | None = None
    message: dict
    partition: int | None = None


def enriched(message: Message) -> bytes:
    now = {
        "timestamp": datetime.now(timezone.utc).isoformat(),
        "source": "python-producer-api",
        "server_time": time.time(),
    }
    return json.dumps({**message.message, **now}).encode()


async def send(message: Message) -> asyncio.Future:
    key = message.key.encode() if message.key else None
    return await producer.send(message.topic, key=key, value=enriched(message))


def written(record) -> dict:
    return {"success": True, "topic": record.topic, "partition": record.partition, "offset": record.offset}


@app.get("/health")
async def health():
    return {"status": "healthy"}


@app.post("/produce")
async def produce_one(message: Message):
    return written(await (await send(message)))


@app.post("/produce/batch")
async def produce_batch(messages: list[Message]):
    sent = [await send(message) for message in messages]
    records = await asyncio.gather(*sent)
    return {"success": True, "messages_sent": len(records), "results": [written(record) for record in records]}
