//! Hosts: names, wildcards, addresses, networks and sockets, with or without a port.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::Ipv4Net;

use crate::resource::path::Path;
use crate::world::Platform;

/// A place on the network; without a port it stands for all of its ports.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host {
    place: Place,
    port: Option<u16>,
}

/// Where a host is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Place {
    /// A domain name in lower case, without a trailing dot.
    Name(Box<str>),
    /// Every name below a domain, and that domain itself.
    Wildcard(Box<str>),
    /// One address.
    Address(IpAddr),
    /// The addresses of an IPv4 network.
    Network(Ipv4Net),
    /// A socket between a virtual machine and its host.
    Vsock { context: u32, port: u32 },
    /// A socket in the file system; it stands for itself alone.
    Unix(Path),
}

/// Which forms of hosts a release reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forms {
    /// `*.example.com` and `10.0.0.0/8`, in the lists of flags and options.
    pub patterns: bool,
    /// `vsock:1:2`.
    pub vsock: bool,
    /// `unix:/run/app.sock`.
    pub unix: bool,
    /// `[::ffff:127.0.0.1]` is read as `127.0.0.1`.
    pub mapped: bool,
}

/// Why a text is not a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadHost {
    /// No host before the port, or nothing at all.
    Empty,
    /// A URL, where only a host belongs.
    Url,
    /// A colon with no port behind it.
    EmptyPort,
    /// A port that is no number from 0 to 65535.
    Port,
    /// A domain name with an empty label or a character that has no place in one.
    Name,
    /// Brackets around something that is no IPv6 address, or left open.
    Brackets,
    /// An IPv6 address without brackets.
    NoBrackets,
    /// A vsock address without a context and a port.
    Vsock,
    /// A unix socket without an absolute path.
    Unix,
}

impl fmt::Display for BadHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadHost::Empty => "the host is empty",
            BadHost::Url => "a URL is not a host; leave out the scheme and the path",
            BadHost::EmptyPort => "the port is empty; leave out the colon for all ports",
            BadHost::Port => "the port is not a number from 0 to 65535",
            BadHost::Name => {
                "the domain name has an empty label or a character that is not allowed"
            }
            BadHost::Brackets => "the brackets do not hold an IPv6 address",
            BadHost::NoBrackets => "an IPv6 address must stand in brackets",
            BadHost::Vsock => "a vsock address is vsock:CONTEXT:PORT",
            BadHost::Unix => "a unix socket needs an absolute path",
        })
    }
}

impl Host {
    /// Reads an element of a list: a host, or a pattern of hosts where the release has them.
    pub fn pattern(text: &str, forms: Forms) -> Result<Self, BadHost> {
        if !forms.patterns {
            return Host::read(text, forms);
        }
        if let Some(domain) = text.strip_prefix("*.") {
            let host = Host::read(domain, Forms { vsock: false, unix: false, ..forms })?;
            // No name looks like an IPv4 address, but names may end in one: `*.1.2.3.4` reaches `5.1.2.3.4`.
            let domain = match host.place {
                Place::Name(name) => name,
                Place::Address(IpAddr::V4(address)) => address.to_string().into(),
                _ => return Err(BadHost::Name),
            };
            return Ok(Host { place: Place::Wildcard(domain), port: host.port });
        }
        let (network, port) = match text.split_once('/') {
            Some((_, rest)) if rest.contains(':') => split_port(text)?,
            Some(_) => (text, None),
            None => return Host::read(text, forms),
        };
        match network.parse::<Ipv4Net>() {
            // A network of one address is that address.
            Ok(network) if network.prefix_len() == network.max_prefix_len() => {
                Ok(Host { place: Place::Address(network.addr().into()), port })
            }
            Ok(network) => Ok(Host { place: Place::Network(network.trunc()), port }),
            Err(_) => Host::read(text, forms),
        }
    }

    /// Reads one host, as a descriptor names it.
    pub fn read(text: &str, forms: Forms) -> Result<Self, BadHost> {
        if let Some(path) = text.strip_prefix("unix:").filter(|_| forms.unix) {
            return read_unix(path);
        }
        if let Some(address) = text.strip_prefix("vsock:").filter(|_| forms.vsock) {
            return read_vsock(address);
        }
        if text.contains("://") {
            return Err(BadHost::Url);
        }
        if let Some(rest) = text.strip_prefix('[') {
            return read_bracketed(rest, forms);
        }
        let (host, port) = split_port(text)?;
        let place = match host.parse::<Ipv4Addr>() {
            Ok(address) => Place::Address(address.into()),
            Err(_) => Place::Name(read_name(host)?),
        };
        Ok(Host { place, port })
    }

    /// The host of a bare port, which stands for that port on this machine.
    pub fn local(port: u16) -> [Self; 3] {
        let address = |address: Ipv4Addr| Place::Address(address.into());
        [
            address(Ipv4Addr::UNSPECIFIED),
            address(Ipv4Addr::LOCALHOST),
            Place::Name("localhost".into()),
        ]
        .map(|place| Host { place, port: Some(port) })
    }

    /// Whether every place of `other` lies in this host.
    pub fn covers(&self, other: &Host) -> bool {
        self.place.covers(&other.place) && (self.port.is_none() || self.port == other.port)
    }

    /// Whether the two have a place and a port in common.
    pub fn overlaps(&self, other: &Host) -> bool {
        let ports = self.port.is_none() || other.port.is_none() || self.port == other.port;
        ports && (self.place.covers(&other.place) || other.place.covers(&self.place))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Name(name) => f.write_str(name)?,
            Place::Wildcard(domain) => write!(f, "*.{domain}")?,
            Place::Address(IpAddr::V4(address)) => write!(f, "{address}")?,
            Place::Address(IpAddr::V6(address)) => write!(f, "[{address}]")?,
            Place::Network(network) => write!(f, "{network}")?,
            Place::Vsock { context, port } => write!(f, "vsock:{context}:{port}")?,
            Place::Unix(path) => write!(f, "unix:{path}")?,
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

impl Place {
    fn covers(&self, other: &Place) -> bool {
        match (self, other) {
            (Place::Wildcard(domain), Place::Name(name) | Place::Wildcard(name)) => {
                lies_below(name, domain)
            }
            (Place::Network(network), Place::Address(IpAddr::V4(address))) => {
                network.contains(address)
            }
            (Place::Network(a), Place::Network(b)) => a.contains(b),
            _ => self == other,
        }
    }
}

/// The address that a plain number is to resolvers that take one, in decimal or, behind `0x`, in hexadecimal.
pub fn of_number(text: &str) -> Option<Ipv4Addr> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    };
    number.ok().map(Ipv4Addr::from_bits)
}

/// Whether `name` is `domain` or ends in it after a dot.
fn lies_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn split_port(text: &str) -> Result<(&str, Option<u16>), BadHost> {
    let Some((host, port)) = text.split_once(':') else {
        return Ok((text, None));
    };
    if host.is_empty() {
        return Err(BadHost::Empty);
    }
    if port.contains(':') {
        return Err(BadHost::NoBrackets);
    }
    read_port(port).map(|port| (host, Some(port)))
}

fn read_port(text: &str) -> Result<u16, BadHost> {
    if text.is_empty() {
        return Err(BadHost::EmptyPort);
    }
    text.parse().map_err(|_| BadHost::Port)
}

/// What follows the opening bracket of an IPv6 address.
fn read_bracketed(rest: &str, forms: Forms) -> Result<Host, BadHost> {
    let (inside, behind) = rest.split_once(']').ok_or(BadHost::Brackets)?;
    let address: Ipv6Addr = inside.parse().map_err(|_| BadHost::Brackets)?;
    let port = match behind.strip_prefix(':') {
        Some(port) => Some(read_port(port)?),
        None if behind.is_empty() => None,
        None => return Err(BadHost::Brackets),
    };
    let address = match address.to_ipv4_mapped() {
        Some(mapped) if forms.mapped => IpAddr::V4(mapped),
        _ => IpAddr::V6(address),
    };
    Ok(Host { place: Place::Address(address), port })
}

/// A domain name: labels of letters, digits, `-` and `_` in ASCII, one trailing dot allowed.
fn read_name(text: &str) -> Result<Box<str>, BadHost> {
    let name = text.strip_suffix('.').unwrap_or(text);
    if name.is_empty() {
        return Err(BadHost::Empty);
    }
    if name.parse::<Ipv4Addr>().is_ok() {
        // A trailing dot makes a name of an address, and no name may look like one.
        return Err(BadHost::Name);
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.split('.').any(|label| label.is_empty() || !label.bytes().all(allowed)) {
        return Err(BadHost::Name);
    }
    Ok(name.to_ascii_lowercase().into())
}

fn read_unix(path: &str) -> Result<Host, BadHost> {
    if !path.starts_with('/') {
        return Err(BadHost::Unix);
    }
    let path = Path::read(path, &Path::root(Platform::Unix), Platform::Unix);
    Ok(Host { place: Place::Unix(path), port: None })
}

/// A context and a port; `-1` is any context, as the sockets' interface has it, and no port.
fn read_vsock(text: &str) -> Result<Host, BadHost> {
    let number = |text: &str| text.parse().map_err(|_| BadHost::Vsock);
    let (context, port) = text.split_once(':').ok_or(BadHost::Vsock)?;
    let context = if context == "-1" { u32::MAX } else { number(context)? };
    Ok(Host { place: Place::Vsock { context, port: number(port)? }, port: None })
}
