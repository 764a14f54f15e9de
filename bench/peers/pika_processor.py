"""A plain consumer as docs/coming-from-message-processor.md and the system it tells of have it: pika, an exclusive queue,
a file written in place, the acknowledgement after close, no fsync, no prefetch bound.

    python pika_processor.py AMQP_URL EXCHANGE BINDING FOLDER
"""

import json
import os
import sys
from datetime import datetime

import pika

url, exchange, binding, folder = sys.argv[1:5]
os.makedirs(folder, exist_ok=True)
connection = pika.BlockingConnection(pika.URLParameters(url))
channel = connection.channel()
channel.exchange_declare(exchange=exchange, exchange_type="topic", durable=True)
queue = channel.queue_declare(queue="", exclusive=True).method.queue
channel.queue_bind(exchange=exchange, queue=queue, routing_key=binding)


def on_message(ch, method, properties, body):
    try:
        message = json.loads(body)
        name = f"{datetime.now().strftime('%Y%m%d_%H%M%S_%f')}_{method.routing_key}.json"
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(message, file, indent=2, ensure_ascii=False)
        ch.basic_ack(delivery_tag=method.delivery_tag)
    except Exception:
        ch.basic_nack(delivery_tag=method.delivery_tag, requeue=False)


channel.basic_consume(queue=queue, on_message_callback=on_message)
print("consuming", flush=True)
channel.start_consuming()
