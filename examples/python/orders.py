"""Queries every 20 ms from two threads until its standard input ends, then prints how many failed.

    AWS_TOKEN=... python orders.py postgresql+psycopg://127.0.0.1:5432/shop prod/orders
"""

import json
import os
import sys
import threading

from rekey_agent import Agent, rotating_engine
from sqlalchemy import NullPool, text

url, secret_id = sys.argv[1:3]
agent = Agent(os.environ["AWS_TOKEN"], os.environ.get("REKEY_AGENT", "http://127.0.0.1:2773"))
# The first engine keeps its connections, the second one logs in for each query.
engines = [rotating_engine(url, secret_id, agent, pool_size=2), rotating_engine(url, secret_id, agent, poolclass=NullPool)]
ended = threading.Event()
counts = [0 for _ in engines]
failures = []


def work(number):
    while not ended.wait(0.02):
        try:
            with engines[number].connect() as connection:
                connection.execute(text("SELECT 1"))
            counts[number] += 1
        except Exception as error:
            failures.append(f"{type(error).__name__}: {getattr(error, 'orig', error)}")
        if counts[number] == 1:
            print(json.dumps({"began": number}), flush=True)


threads = [threading.Thread(target=work, args=(number,)) for number in range(len(engines))]
for thread in threads:
    thread.start()
sys.stdin.read()
ended.set()
for thread in threads:
    thread.join()
print(json.dumps({"queries": counts, "failures": failures}), flush=True)
