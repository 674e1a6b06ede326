"""Network addresses, as far as it matters whose they are."""

from ipaddress import IPv4Address, IPv6Network, ip_address


def network_of(address: str) -> str:
    """The address, or its /64 for IPv6: a household has 2**64 of those (RFC 6177)."""
    try:
        known = ip_address(address)
    except ValueError:  # a Unix socket, or what a proxy made up
        return address
    if isinstance(known, IPv4Address):
        return address
    return str(known.ipv4_mapped or IPv6Network((known, 64), strict=False))
