"""A receiver of webhooks over TLS on loopback, which fails in every way that it is told to."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

type Behaviour = Callable[["Receiver", socket.socket], None]
OK = b"HTTP/1.1 204 No Content\r\n\r\n"


def certificate(folder: Path, name: str) -> Path:
    """Write a certificate of a name, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    no_password = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password)
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


class Receiver:
    """Answers each connection by the next behaviour, and well when there is none left."""

    def __init__(self, certificates: Path) -> None:
        self.behaviours: list[Behaviour] = []
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.connections = 0
        self.over = Event()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificates)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        self.over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def _serve(self) -> None:
        while not self.over.is_set():
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            behaviour = self.behaviours.pop(0) if self.behaviours else answers(OK)
            thread = Thread(target=self._handle, args=(plain, behaviour), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _handle(self, plain: socket.socket, behaviour: Behaviour) -> None:
        with plain, suppress(OSError):
            if behaviour is closes_at_once:
                return
            with self._context.wrap_socket(plain, server_side=True) as secured:
                behaviour(self, secured)

    def take(self, connection: socket.socket) -> None:
        """Read a whole request, and keep it."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(4_096)
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")[1:]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        while len(body) < int(headers["content-length"]):
            body += connection.recv(4_096)
        self.requests.append((headers, body))


def answers(response: bytes) -> Behaviour:
    """Take the request, and answer with these bytes."""

    def behave(receiver: Receiver, connection: socket.socket) -> None:
        receiver.take(connection)
        connection.sendall(response)

    return behave


def closes_at_once(_receiver: Receiver, _connection: socket.socket) -> None:
    """Close before TLS begins."""


def loses_the_answer(receiver: Receiver, connection: socket.socket) -> None:
    """Take the request, work on it, and say nothing."""
    receiver.take(connection)


def is_slow(receiver: Receiver, connection: socket.socket) -> None:
    """Take the request, and answer when the test is over."""
    receiver.take(connection)
    receiver.over.wait(5)


def drips(receiver: Receiver, connection: socket.socket) -> None:
    """Send a head that never ends, a byte now and then, until the other side hangs up."""
    receiver.take(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not receiver.over.wait(0.01):
        connection.sendall(b"x")


def has_a_huge_body(receiver: Receiver, connection: socket.socket) -> None:
    """Answer well, with a body without end."""
    receiver.take(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not receiver.over.is_set():
        connection.sendall(b"x" * 65_536)


@contextmanager
def receiving(certificates: Path) -> Iterator[Receiver]:
    """Run a receiver on a free port of loopback."""
    receiver = Receiver(certificates)
    try:
        yield receiver
    finally:
        receiver.close()
