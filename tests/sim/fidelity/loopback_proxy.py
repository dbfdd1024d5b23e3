"""A CONNECT proxy on loopback that answers for *.salesforce.com.

simple-salesforce builds its addresses as https://<domain>.salesforce.com. The proxy ends the TLS connection with a
certificate of its own and passes the plain bytes to the simulator. Any other host is refused, so that nothing can
leave the machine.
"""

import socket
import ssl
import threading

import trustme

NAMES = ("*.salesforce.com", "*.my.salesforce.com")


class LoopbackProxy:
    """Listens on a free port of 127.0.0.1; `address` is the proxy's URL."""

    def __init__(self, upstream_port: int, authority_file: str):
        authority = trustme.CA()
        authority.cert_pem.write_to_path(authority_file)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*NAMES).configure_cert(self._tls)
        self._upstream_port = upstream_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.hosts = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self._listener.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        request = b""
        while b"\r\n\r\n" not in request:
            piece = client.recv(4096)
            if not piece:
                client.close()
                return
            request += piece
        method, target = request.split(b" ", 2)[:2]
        host = target.decode().rsplit(":", 1)[0]
        if method != b"CONNECT" or not host.endswith(".salesforce.com"):
            client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            client.close()
            return
        self.hosts.add(host)
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        secure = self._tls.wrap_socket(client, server_side=True)
        upstream = socket.create_connection(("127.0.0.1", self._upstream_port))
        threading.Thread(target=relay, args=(upstream, secure), daemon=True).start()
        relay(secure, upstream)


def relay(source, target):
    """Copies bytes until one side closes."""
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
    except OSError:
        pass
    finally:
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
