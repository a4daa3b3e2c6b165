"""The real API server, as the proxies and the writer of these tests reach it."""

import base64
import json
import ssl
import subprocess
import tempfile
import urllib.parse


def upstream_of(kubeconfig):
    """Its "host:port", and TLS with the client certificate of that kubeconfig."""
    shown = subprocess.run(
        ["kubectl", "--kubeconfig", kubeconfig, "config", "view", "--raw", "--minify", "--flatten", "-o", "json"],
        check=True, capture_output=True).stdout
    config = json.loads(shown)
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    with tempfile.NamedTemporaryFile() as pem:  # Python takes a key only from a file
        pem.write(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
        pem.flush()
        tls.load_cert_chain(pem.name)
    return urllib.parse.urlsplit(cluster["server"]).netloc, tls
