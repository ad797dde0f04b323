"""A SQLAlchemy engine whose user and password come from `rekey agent`, for psycopg and PyMySQL.

Needs Python 3.9 and SQLAlchemy 2. Each new connection asks the agent, which answers from its cache.
"""

import json
import time
import urllib.error
import urllib.parse
import urllib.request

from sqlalchemy import create_engine, event


class Agent:
    """The agent on loopback. `token`: what AWS_TOKEN is in the agent's environment."""

    def __init__(self, token, address="http://127.0.0.1:2773", timeout_s=10):
        self._token = token
        self._address = address
        self._timeout_s = timeout_s
        # No proxy: the agent refuses what was forwarded.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def login(self, secret_id, **parameters):
        """User and password, as JSON members of the secret. None: there is no such version, or the agent has none now."""
        query = urllib.parse.urlencode({"secretId": secret_id, **parameters})
        request = urllib.request.Request(f"{self._address}/secretsmanager/get?{query}")
        request.add_header("X-Aws-Parameters-Secrets-Token", self._token)
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                secret = json.loads(json.load(answer)["SecretString"])
        except urllib.error.HTTPError:
            return None
        return secret["username"], secret["password"]

    def logins(self, secret_id):
        """What may log in, in the order to try it: from the cache, then AWSCURRENT as it is now, then AWSPENDING.

        Between two steps of a rotation the server takes only the password of AWSPENDING, and a moment later that
        version is AWSCURRENT, so both are asked for again.
        """
        yield self.login(secret_id)
        for pause_s in (0, 0.25, 1):
            time.sleep(pause_s)
            yield self.login(secret_id, refreshNow="true")
            yield self.login(secret_id, versionStage="AWSPENDING", refreshNow="true")


def rotating_engine(url, secret_id, agent, **options):
    """`url` names the driver, the host and the database, and neither user nor password. `options`: those of create_engine."""
    engine = create_engine(url, **options)

    @event.listens_for(engine, "do_connect")
    def log_in(dialect, _record, arguments, parameters):
        tried, refusal = set(), None
        for login in agent.logins(secret_id):
            # A password that was refused is not tried again: servers lock users out.
            if login is None or login in tried:
                continue
            tried.add(login)
            user, password = login
            try:
                return dialect.connect(*arguments, **{**parameters, "user": user, "password": password})
            except dialect.loaded_dbapi.OperationalError as error:
                refusal = error
        raise refusal or RuntimeError(f"the agent has no login for {secret_id}")

    return engine
