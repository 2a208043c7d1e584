"""Users of the emulator whose tokens the API for tokens takes; and another audience, whose tokens it refuses."""

from dataclasses import dataclass, field
from typing import Any

from billproof.adapters.aws.clients import client
from billproof.callers import Identity
from billproof_ops.local.emulators import Emulator, recognize
from billproof_ops.local.server import REGION

PASSWORD = "Of-A-Test-1"  # noqa: S105 - of a pool that lives as long as the test


@dataclass
class UserPool:
    """A Cognito user pool with two clients, made on the first use."""

    _made: dict[str, str] = field(default_factory=dict)

    def parameters(self, endpoint: str) -> dict[str, str]:
        """Make the pool and return what the template is deployed with; nothing where the emulator has no Cognito."""
        if recognize(endpoint) is not Emulator.MINISTACK:
            return {}
        pool = self._idp.create_user_pool(PoolName="billproof-tests")["UserPool"]["Id"]
        self._made = {"pool": pool} | {name: self._client(pool, name) for name in ("ours", "another")}
        return {"TokenIssuer": self.issuer, "TokenAudience": self._made["ours"]}

    @property
    def _idp(self) -> Any:
        return client("cognito-idp")

    @property
    def issuer(self) -> str:
        """Who vouches for the pool's users."""
        return f"https://cognito-idp.{REGION}.amazonaws.com/{self._made['pool']}"

    def identity(self, user: str) -> Identity:
        """Return the identity of a user, who is made where there is none."""
        pool = self._made["pool"]
        known = self._idp.list_users(UserPoolId=pool, Filter=f'username = "{user}"')["Users"]
        if not known:
            made = self._idp.admin_create_user(UserPoolId=pool, Username=user, MessageAction="SUPPRESS")
            self._idp.admin_set_user_password(UserPoolId=pool, Username=user, Password=PASSWORD, Permanent=True)
            known = [made["User"]]
        attributes = {attribute["Name"]: attribute["Value"] for attribute in known[0]["Attributes"]}
        return Identity(issuer=self.issuer, subject=attributes["sub"])

    def token(self, user: str, *, audience: str = "ours") -> str:
        """Sign a user in and return the token that says so."""
        self.identity(user)
        answer = self._idp.initiate_auth(
            ClientId=self._made[audience],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": user, "PASSWORD": PASSWORD},
        )
        token: str = answer["AuthenticationResult"]["IdToken"]
        return token

    def _client(self, pool: str, name: str) -> str:
        flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        made = self._idp.create_user_pool_client(UserPoolId=pool, ClientName=name, ExplicitAuthFlows=flows)
        identity: str = made["UserPoolClient"]["ClientId"]
        return identity


USERS = UserPool()
