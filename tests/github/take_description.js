// Of GitHub's description of its API (73 MB), the paths that we ask: Prism then starts in a second.
//
//   node take_description.js api.github.com.deref.json >comments.json
"use strict";

const { readFileSync } = require("node:fs");

const paths = [
  "/user",
  "/repos/{owner}/{repo}/issues/{issue_number}/comments",
  "/repos/{owner}/{repo}/issues/comments/{comment_id}",
];

const whole = JSON.parse(readFileSync(process.argv[2], "utf8"));
const missing = paths.filter((path) => !whole.paths[path]);
if (missing.length > 0) {
  throw new Error(`GitHub's description has no ${missing.join(", ")}`);
}
const { openapi, info, servers } = whole;
process.stdout.write(
  JSON.stringify({ openapi, info, servers, paths: Object.fromEntries(paths.map((path) => [path, whole.paths[path]])) }),
);
