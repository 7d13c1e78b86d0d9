# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The app: asks for a token as apps do and prints, as JSON, whose it is. Runs with a pod's environment.

``ask.py sdk <scope>`` uses DefaultAzureCredential; ``ask.py metadata <resource>`` knows only the instance
metadata address, as code does whose SDK is older than Workload Identity.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from typing import Any


def main() -> int:
    way, resource = sys.argv[1:]
    try:
        token, source = _through_sdk(resource) if way == "sdk" else _through_metadata(resource)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}))
        return 1
    print(json.dumps({"source": source, "claims": _claims(token)}))
    return 0


def _through_sdk(resource: str) -> tuple[str, str]:
    from azure.identity import DefaultAzureCredential

    with DefaultAzureCredential() as credential:
        token = credential.get_token(f"{resource.rstrip('/')}/.default").token
        # Which of its credentials answered: an app cannot tell, a proof has to.
        used = getattr(credential, "_successful_credential", None)
    return token, type(used).__name__


def _through_metadata(resource: str) -> tuple[str, str]:
    host = os.environ.get("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://169.254.169.254")
    query = {"api-version": "2018-02-01", "resource": resource}
    # Only a client ID that the app itself was given; the SDKs of that time did the same.
    if os.environ.get("AZURE_CLIENT_ID"):
        query["client_id"] = os.environ["AZURE_CLIENT_ID"]
    url = f"{host.rstrip('/')}/metadata/identity/oauth2/token?{urllib.parse.urlencode(query)}"
    request = urllib.request.Request(url, headers={"Metadata": "true"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return str(json.load(answer)["access_token"]), "instance metadata"
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{error.code}: {error.read().decode(errors='replace')[:600]}") from None


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


if __name__ == "__main__":
    sys.exit(main())
