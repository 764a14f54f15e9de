"""A loop as docs/coming-from-event-propagator.md and the system it tells of have it: aiohttp, post, then sleep a period.

    python aiohttp_propagator.py URL PERIOD_SECONDS
"""

import asyncio
import sys

import aiohttp

url, period = sys.argv[1], float(sys.argv[2])


async def main():
    async with aiohttp.ClientSession() as session:
        print("propagating", flush=True)
        while True:
            async with session.post(url, json={"event_type": 1, "event_payload": 10}) as response:
                await response.read()
            await asyncio.sleep(period)


asyncio.run(main())
