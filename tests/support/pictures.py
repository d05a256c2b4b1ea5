"""Pictures for tests, drawn from a seed, and servers that answer with given bytes."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw


def drawn_picture(seed: int, size: tuple[int, int] = (240, 320)) -> Image.Image:
    """Some shapes in some colours on a light ground."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", size, "#f2f2f0")
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        left, top = int(random.integers(0, size[0] // 2)), int(random.integers(0, size[1] // 2))
        box = (left, top, left + int(random.integers(20, 140)), top + int(random.integers(20, 160)))
        colour = tuple(int(each) for each in random.integers(0, 220, 3))
        shape = random.integers(3)
        if shape == 0:
            draw.rectangle(box, fill=colour)
        elif shape == 1:
            draw.ellipse(box, fill=colour)
        else:
            draw.polygon([(box[0], box[3]), (box[2], box[3]), (box[0], box[1])], fill=colour)
    return image


def file_of(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """A picture as a file."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def response(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """A whole HTTP response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@contextmanager
def answering(
    answer: bytes | Callable[[socket.socket, str], None], host: str = "127.0.0.1", port: int = 0
) -> Iterator[int]:
    """A server that sends `answer`, or lets it act on a connection and a path; gives its port."""

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                path = connection.recv(4096).decode("latin-1").partition(" ")[2].partition(" ")[0]
                if callable(answer):
                    answer(connection, path)
                else:
                    connection.sendall(answer)
            except OSError:
                pass  # the other side has enough

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server((host, port)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
