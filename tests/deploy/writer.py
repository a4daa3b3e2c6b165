#!/usr/bin/env python3
"""Writes counters into etcd, one after another, and remembers each write that etcd has
acknowledged: what a client of the cluster has been promised, while tests do their worst.

  writer.py write KUBECONFIG NAMESPACE LEDGER   until its standard input ends
  writer.py check KUBECONFIG NAMESPACE LEDGER   is each line of the ledger in etcd?

The members are asked by the addresses of their pods, the next one when one does not answer:
etcd's JSON gateway, without TLS. Each line of LEDGER is the time, a key and its value. check
prints how many were acknowledged, and exits with 1 when one is not there.
"""

import base64
import http.client
import json
import sys
import threading
import time
import urllib.parse

from upstream import upstream_of

CLIENT_PORT = 2379
CONNECT_SECONDS = 0.2
ANSWER_SECONDS = 2.0  # an election takes one
PAUSE = 0.02
PATIENCE = 30.0  # of who reads all of it
PREFIX = "writer/"


class Pods:
    """Addresses of the release's pods, as the API server tells them."""

    def __init__(self, kubeconfig, namespace):
        self.upstream, self.tls = upstream_of(kubeconfig)
        selector = urllib.parse.quote("app.kubernetes.io/instance=etcd")
        self.path = f"/api/v1/namespaces/{namespace}/pods?labelSelector={selector}"
        self.by_name = {}

    def open(self, more=""):
        connection = http.client.HTTPSConnection(self.upstream, context=self.tls, timeout=30)
        connection.request("GET", self.path + more)
        return connection.getresponse()

    def learn(self, kind, pod):
        name, address = pod["metadata"]["name"], pod.get("status", {}).get("podIP")
        if kind == "DELETED" or not address:
            self.by_name.pop(name, None)
        else:
            self.by_name[name] = address

    def read(self):
        listed = json.load(self.open())
        there = {pod["metadata"]["name"] for pod in listed["items"]}
        for name in self.by_name.keys() - there:
            del self.by_name[name]
        for pod in listed["items"]:
            self.learn("ADDED", pod)
        return listed["metadata"]["resourceVersion"]

    def follow(self):
        while True:
            try:
                for line in self.open("&watch=true&timeoutSeconds=20&resourceVersion=" + self.read()):
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        break
                    self.learn(event["type"], event["object"])
            except (OSError, http.client.HTTPException, ValueError, KeyError):
                time.sleep(0.1)

    def addresses(self):
        return [address for _, address in sorted(self.by_name.copy().items())]


class Etcd:
    def __init__(self, pods):
        self.pods = pods
        self.connection, self.address = None, None

    def ask(self, path, body):
        """The answer of the first member that gives one; None: none did."""
        addresses = self.pods.addresses()
        if self.address in addresses:  # who answered last goes first
            addresses.remove(self.address)
            addresses.insert(0, self.address)
        for address in addresses:
            try:
                if self.connection is None or address != self.address:
                    self.connection, self.address = http.client.HTTPConnection(address, CLIENT_PORT, timeout=CONNECT_SECONDS), address
                    self.connection.connect()
                    self.connection.sock.settimeout(ANSWER_SECONDS)
                self.connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
                response = self.connection.getresponse()
                answer = json.load(response)
                if response.status == 200:
                    return answer
            except (OSError, http.client.HTTPException, ValueError):
                pass
            self.connection.close()
            self.connection = None
        return None


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def write(kubeconfig, namespace, ledger):
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    pods = Pods(kubeconfig, namespace)
    threading.Thread(target=pods.follow, daemon=True).start()
    etcd = Etcd(pods)
    counter = 0
    with open(ledger, "a", encoding="utf-8") as file:
        while not ended.wait(PAUSE):
            counter += 1
            # A key of its own each: what is lost is not hidden by what came after.
            key, value = f"{PREFIX}{time.time_ns()}", str(counter)
            if etcd.ask("/v3/kv/put", {"key": encoded(key), "value": encoded(value)}) is not None:
                print(f"{time.monotonic():.3f}", key, value, file=file, flush=True)


def read_all(etcd):
    """The key-value pairs under PREFIX, page by page."""
    found = {}
    start, end = PREFIX, PREFIX[:-1] + chr(ord(PREFIX[-1]) + 1)
    while True:
        question = {"key": encoded(start), "range_end": encoded(end), "limit": "5000"}
        give_up = time.monotonic() + PATIENCE
        while (answer := etcd.ask("/v3/kv/range", question)) is None:
            if time.monotonic() > give_up:
                sys.exit("no member answers")
            time.sleep(PAUSE)
        for pair in answer.get("kvs", []):
            found[base64.b64decode(pair["key"]).decode()] = base64.b64decode(pair["value"]).decode()
        if not answer.get("more"):
            return found
        start = base64.b64decode(answer["kvs"][-1]["key"]).decode() + "\0"


def check(kubeconfig, namespace, ledger):
    with open(ledger, encoding="utf-8") as file:  # first: a writer may go on meanwhile
        promised = [line.split() for line in file if line.endswith("\n")]
    pods = Pods(kubeconfig, namespace)
    pods.read()
    there = read_all(Etcd(pods))
    lost = [key for _, key, value in promised if there.get(key) != value]
    print(f"{len(promised)} acknowledged, {len(lost)} lost")
    if lost:
        sys.exit("lost: " + ", ".join(lost[:5]))


if __name__ == "__main__":
    {"write": write, "check": check}[sys.argv[1]](*sys.argv[2:])
