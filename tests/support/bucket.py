"""What lies below one prefix of an S3 server's bucket, seen by boto3."""

import hashlib
import json

from servers import BUCKET


class Bucket:
    def __init__(self, server, prefix):
        self.server, self.prefix, self.client = server, prefix, server.client()

    def uri(self, name):
        return f"s3://{BUCKET}/{self.prefix}/{name}"

    def keys(self, name):
        """Below the prefix and this folder of it."""
        root = f"{self.prefix}/{name}/"
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=root)
        return [one["Key"][len(root):] for page in pages for one in page.get("Contents", [])]

    def objects(self, name):
        """{key: bytes}"""
        key_of = f"{self.prefix}/{name}/".__add__
        return {key: self.client.get_object(Bucket=BUCKET, Key=key_of(key))["Body"].read()
                for key in self.keys(name)}

    def clear(self, *names):
        keys = [{"Key": f"{self.prefix}/{name}/{key}"} for name in names for key in self.keys(name)]
        for start in range(0, len(keys), 1000):
            self.client.delete_objects(Bucket=BUCKET, Delete={"Objects": keys[start:start + 1000]})


def hashes(objects):
    return {key: hashlib.sha256(value).hexdigest()[:16] for key, value in objects.items()}


def assert_nothing_half_published(objects):
    """Every manifest.json lists files that are there and are what it says."""
    for key, text in objects.items():
        if key.endswith("/manifest.json"):
            folder = key.removesuffix("manifest.json")
            for file in json.loads(text)["files"]:
                assert hashlib.sha256(objects[folder + file["name"]]).hexdigest() == file["sha256"], key
