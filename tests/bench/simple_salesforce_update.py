"""Updates records with the unmodified simple-salesforce, and prints what it took as one JSON object.

Standard input is a JSON object: base_url (of the simulator, which has to call itself https://….salesforce.com), username,
password, security_token, object, url_field, way (`bulk2` or `collections`), wait_s (seconds before the first look at a job, or
null for the default, 5) and updates (rows with Id and the field). Only the updating is timed; starting Python and the login
are not.
"""

import json
import resource
import sys
import time

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce

# The most that one call takes.
COLLECTION_ROWS = 200

given = json.load(sys.stdin)


class Loopback(HTTPAdapter):
    """Sends what is meant for *.salesforce.com to the simulator, and nothing anywhere else."""

    def send(self, request, **options):
        scheme, _, rest = request.url.partition("://")
        host, slash, path = rest.partition("/")
        if scheme != "https" or not host.endswith(".salesforce.com"):
            raise ConnectionRefusedError(f"not for {host}")
        request.url = given["base_url"] + slash + path
        return super().send(request, **options)


def bulk2(sf, rows):
    """One job, or several of 100 MB."""
    pause = {} if given["wait_s"] is None else {"wait": given["wait_s"]}
    jobs = getattr(sf.bulk2, given["object"]).update(records=rows, **pause)
    return sum(job["numberRecordsFailed"] for job in jobs)


def collections(sf, rows):
    """One call after the other: simple-salesforce has no function of its own for them."""
    refused = 0
    for first in range(0, len(rows), COLLECTION_ROWS):
        records = [
            {"attributes": {"type": given["object"]}, **row}
            for row in rows[first : first + COLLECTION_ROWS]
        ]
        answer = sf.restful(
            "composite/sobjects", method="PATCH", json={"allOrNone": False, "records": records}
        )
        refused += sum(not row["success"] for row in answer)
    return refused


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


session = requests.Session()
# No proxy of the environment.
session.trust_env = False
session.mount("https://", Loopback())
salesforce = Salesforce(
    username=given["username"],
    password=given["password"],
    security_token=given["security_token"],
    session=session,
)
update = {"bulk2": bulk2, "collections": collections}[given["way"]]
began, cpu_before = time.perf_counter(), cpu_seconds()
refused = update(salesforce, given["updates"])
json.dump(
    {
        "wall_seconds": time.perf_counter() - began,
        "cpu_seconds": cpu_seconds() - cpu_before,
        "refused": refused,
    },
    sys.stdout,
)
