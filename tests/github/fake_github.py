#!/usr/bin/env python3
"""The little of GitHub's REST API that a pull request's comments need, kept in memory.

  fake_github.py        prints "listening on PORT" when it does, on 127.0.0.1

Like GitHub: an app's token (ghs_…) is nobody's user, but may change everybody's comments; so may a
person's (ghp_…). Tests set the scene with POST /_scene, a JSON object, and read GET /_scene:

  comments       [{"body", "user", "type"}], already there, oldest first
  page_size      how many of them one page holds at most (100)
  read_only      true: the token may not write
  limit_once     "METHOD": the first such request hits a rate limit; it is done when it is repeated
  lose_once      "METHOD": the first such request is done, and its answer is lost
  requests       (read) the requests, as "METHOD /path?query"
"""

import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

REPOSITORY = "/repos/any-trade/deployments"
LONGEST = 65536
SELF = {
    "Bearer ghs_app": {"login": "github-actions[bot]", "id": 41898282, "type": "Bot"},
    "Bearer ghp_person": {"login": "somebody", "id": 7, "type": "User"},
}


class Refusal(Exception):
    def __init__(self, status, message, headers=()):
        super().__init__(message)
        self.status, self.message, self.headers = status, message, dict(headers)


class Scene:
    def __init__(self, wanted):
        self.page_size = wanted.get("page_size", 100)
        self.read_only = wanted.get("read_only", False)
        self.limit_once = wanted.get("limit_once")
        self.lose_once = wanted.get("lose_once")
        self.requests = []
        self.comments = []
        for comment in wanted.get("comments", []):
            self.add(comment["body"], {"login": comment["user"], "id": comment.get("user_id", 99), "type": comment["type"]})

    def add(self, body, user):
        number = len(self.comments) + 1
        url = f"https://github.example/any-trade/deployments/pull/7#issuecomment-{number}"
        self.comments.append({"id": number, "body": body, "user": user, "html_url": url})
        return self.comments[-1]


class FakeGitHub(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    scene = Scene({})

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=()):
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        if self.path == "/_scene":
            self.set_or_tell(body)
            return
        scene = FakeGitHub.scene
        scene.requests.append(f"{self.command} {self.path}")
        try:
            result = self.carry_out(scene, body)
        except Refusal as refusal:
            self.answer(refusal.status, {"message": refusal.message}, refusal.headers)
            return
        if scene.lose_once == self.command:
            scene.lose_once = None
            self.close_connection = True
            return
        self.answer(*result)

    do_GET = do_POST = do_PATCH = handle_any

    def set_or_tell(self, wanted):
        if self.command == "POST":
            FakeGitHub.scene = Scene(wanted)
        self.answer(200, {"comments": FakeGitHub.scene.comments, "requests": FakeGitHub.scene.requests})

    def carry_out(self, scene, body):
        user = self.user()
        if scene.limit_once == self.command:
            scene.limit_once = None
            raise Refusal(403, "You have exceeded a secondary rate limit.", {"Retry-After": "1"})
        path = urlsplit(self.path)
        if self.command == "GET" and path.path == "/user":
            if user["type"] == "Bot":
                raise Refusal(403, "Resource not accessible by integration")
            return 200, user
        if path.path == f"{REPOSITORY}/issues/7/comments":
            if self.command == "GET":
                return self.page(scene, parse_qs(path.query))
            self.may_write(scene, body)
            return 201, scene.add(body["body"], user)
        found = re.fullmatch(re.escape(REPOSITORY) + r"/issues/comments/(\d+)", path.path)
        if self.command == "PATCH" and found and int(found[1]) <= len(scene.comments):
            self.may_write(scene, body)
            comment = scene.comments[int(found[1]) - 1]
            comment["body"] = body["body"]
            return 200, comment
        raise Refusal(404, "Not Found")

    def user(self):
        if not self.headers.get("User-Agent"):
            raise Refusal(403, "Request forbidden by administrative rules.")
        if self.headers.get("X-GitHub-Api-Version") != "2022-11-28":
            raise Refusal(400, "unknown version of the API")
        if self.headers.get("Authorization") not in SELF:
            raise Refusal(401, "Bad credentials")
        return SELF[self.headers["Authorization"]]

    def may_write(self, scene, body):
        if scene.read_only:
            raise Refusal(403, "Resource not accessible by integration")
        if not isinstance(body, dict) or not isinstance(body.get("body"), str) or len(body["body"]) > LONGEST:
            raise Refusal(422, "Validation Failed")

    def page(self, scene, query):
        size = min(int(query.get("per_page", ["30"])[0]), 100, scene.page_size)
        page = int(query.get("page", ["1"])[0])
        headers = {}
        if page * size < len(scene.comments):
            # As GitHub does: the repository by its number.
            address = f"http://{self.headers['Host']}/repositories/5/issues/7/comments?per_page={size}&page="
            headers["Link"] = f'<{address}{page + 1}>; rel="next", <{address}99>; rel="last"'
        return 200, scene.comments[(page - 1) * size : page * size], headers

    def parse_request(self):
        understood = super().parse_request()
        self.path = getattr(self, "path", "").replace("/repositories/5/", REPOSITORY + "/")
        return understood


server = ThreadingHTTPServer(("127.0.0.1", 0), FakeGitHub)
print(f"listening on {server.server_address[1]}", flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    sys.exit(0)
