"""Where a callback comes from, for carriers that cannot sign."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address


def comes_from(remote: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    """Whether the other end of the connection is in one of the networks. What is no address is in none."""
    try:
        address = ip_address(remote)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return any(mapped in network for network in networks)
