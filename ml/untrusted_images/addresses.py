"""Which addresses a link may lead to."""

import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from streams.errors import ContractError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_GLOBAL_UNICAST = ip_network("2000::/3")
_WITH_IPV4_INSIDE = (ip_network("2001::/32"), ip_network("2002::/16"))
"""Teredo and 6to4: a gateway may lead to the IPv4 address that is part of such an address."""
_NOT_PUBLIC = "The link leads to no public address."

_resolving = ThreadPoolExecutor(max_workers=8, thread_name_prefix="resolve")


def is_public(address: Address) -> bool:
    """Whether an address is one of the internet, and not of this machine or its network."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address not in _GLOBAL_UNICAST or any(address in each for each in _WITH_IPV4_INSIDE):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def resolved(
    host: str, port: int, *, allowed: Sequence[Network] = (), seconds: float
) -> list[Address]:
    """The addresses of a host, all of which may be connected to.

    A name for which one address is not public is refused altogether. The message is the same as
    for a name that does not exist: nobody learns which names an internal network knows.

    Args:
        host: a name or an address, in any notation that the system knows, such as `0x7f.1`.
        port: to connect to.
        allowed: networks that count as public.
        seconds: how long it may take.

    Raises:
        ContractError: an address is not public, there is none, or it takes too long.
    """
    found = _resolving.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        entries = found.result(seconds)
    except (OSError, UnicodeError, ValueError, FutureTimeoutError):
        found.cancel()
        raise ContractError(_NOT_PUBLIC) from None
    addresses = list(dict.fromkeys(ip_address(str(entry[4][0])) for entry in entries))
    if not addresses or not all(_may_be_reached(each, allowed) for each in addresses):
        raise ContractError(_NOT_PUBLIC)
    return addresses


def _may_be_reached(address: Address, allowed: Sequence[Network]) -> bool:
    plain = getattr(address, "ipv4_mapped", None) or address
    return is_public(address) or any(plain in network for network in allowed)
