"""Drives the simulator with the unmodified simple-salesforce and prints what the client saw as one JSON object.

Standard input is a JSON object: port, client_id, client_secret, username, password, security_token, private_key,
object, url_field, and updates (a list of rows for each kind of update).
"""

import json
import os
import sys
import tempfile

from loopback_proxy import LoopbackProxy

given = json.load(sys.stdin)
directory = tempfile.TemporaryDirectory(prefix="fidelity-")
authority_file = os.path.join(directory.name, "authority.pem")
proxy = LoopbackProxy(given["port"], authority_file)
os.environ["HTTPS_PROXY"] = proxy.address
os.environ["REQUESTS_CA_BUNDLE"] = authority_file

from simple_salesforce import Salesforce  # noqa: E402  (reads the environment above)
from simple_salesforce.exceptions import SalesforceAuthenticationFailed  # noqa: E402

user = {"username": given["username"], "password": given["password"]}
app = {"consumer_key": given["client_id"], "consumer_secret": given["client_secret"]}
report = {"logins": {}}


def login(name, **arguments):
    """Logs in one way and keeps what the client learnt."""
    session = Salesforce(**arguments)
    report["logins"][name] = {
        "instance": session.sf_instance,
        "limits": session.limits()["DailyApiRequests"]["Max"],
    }
    return session


sf = login(
    "jwt", username=user["username"], consumer_key=app["consumer_key"], privatekey=given["private_key"]
)
login("soap", security_token=given["security_token"], **user)
login("password", **user, **app)
login("client_credentials", domain="acme.my", **app)
try:
    Salesforce(username=user["username"], password="wrong", security_token="wrong")
    report["wrong_password"] = None
except SalesforceAuthenticationFailed as refused:
    report["wrong_password"] = str(refused)

name, url_field = given["object"], given["url_field"]
fields = f"Id, Name, {url_field}, Account__r.Name, SystemModstamp"
rows = sf.query_all(f"SELECT {fields} FROM {name} ORDER BY Id")
report["query"] = {
    "total": rows["totalSize"],
    "ids": [row["Id"] for row in rows["records"]],
    "first": rows["records"][0],
}
report["count"] = sf.query(f"SELECT COUNT() FROM {name}")["totalSize"]
report["describe"] = {
    field["name"]: field["length"] for field in getattr(sf, name).describe()["fields"]
}

bulk = getattr(sf.bulk2, name)
report["bulk_pages"] = list(bulk.query(f"SELECT {fields} FROM {name}", max_records=2000, wait=0.01))

report["collections"] = sf.restful(
    "composite/sobjects",
    method="PATCH",
    json={"allOrNone": False, "records": given["updates"]["collections"]},
)

report["ingest"] = []
for result in bulk.update(records=given["updates"]["ingest"], wait=0.01):
    job = result["job_id"]
    report["ingest"].append(
        {
            **result,
            "successful": bulk.get_successful_records(job),
            "failed": bulk.get_failed_records(job),
            "unprocessed": bulk.get_unprocessed_records(job),
        }
    )

report["hosts"] = sorted(proxy.hosts)
json.dump(report, sys.stdout)
