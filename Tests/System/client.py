#!/usr/bin/env python3
"""The original's client: connects once, sends get_data without a newline, reads; as often as asked.

client.py PORT COUNT PAUSE prints each answer; ends with status 1 when the connection is closed.
"""
import socket
import sys
import time

port, count, pause = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
    for number in range(count):
        connection.sendall(b"get_data")
        answer = connection.recv(1024)
        if not answer:
            sys.exit(1)
        print(answer.decode(), flush=True)
        if number + 1 < count:
            time.sleep(pause)
