"""A certificate that signs itself, for servers of tests: nobody trusts it who was not told to."""

import subprocess
from typing import NamedTuple


class Certificate(NamedTuple):
    file: str
    key: str


def make_certificate(folder, name="IP:127.0.0.1"):
    """Of a server at this address (or "DNS:..."), by OpenSSL's own program."""
    made = Certificate(f"{folder}/certificate.pem", f"{folder}/key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=tests", "-addext", f"subjectAltName={name}", "-keyout", made.key,
         "-out", made.file], check=True, capture_output=True)
    return made
