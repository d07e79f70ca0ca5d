//! Where a request came from, as limits count it.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpRequest};

use super::{Site, WebError};

/// The header of RFC 7239, whose elements are named parameters; every other one holds a list of addresses.
const FORWARDED: &str = "forwarded";

/// The network a request came from: an IPv4 address, or the /64 of an IPv6 one, since a single subscriber has all of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub String);

impl FromRequest for ClientAddress {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Site::of(request).map(|site| {
            let header = site.client_address_header.as_deref();
            let named = header.and_then(|name| find_forwarded(request.headers(), name));
            Self::of(named.or_else(|| request.peer_addr().map(|peer| peer.ip())))
        }))
    }
}

impl ClientAddress {
    fn of(address: Option<IpAddr>) -> Self {
        Self(match address.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => format!("{}/64", network(address)),
            None => "unknown".to_owned(),
        })
    }
}

fn network(address: Ipv6Addr) -> Ipv6Addr {
    Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX))
}

/// The address that the trusted proxy itself saw: the last hop of the header's last line. Everything before it is what the
/// client said, and a proxy may add a line of its own rather than extend the client's. Lines and elements that are empty say
/// nothing (RFC 9110, section 5.6.1).
fn find_forwarded(headers: &HeaderMap, name: &str) -> Option<IpAddr> {
    let lines: Vec<_> = headers.get_all(name).map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    let mut said = lines.iter().rev().map(|line| line.trim_end_matches([',', ' ', '\t']));
    let line = said.find(|line| !line.is_empty())?;
    if name.eq_ignore_ascii_case(FORWARDED) {
        parse_forwarded(last_element(line))
    } else {
        parse_address(line.rsplit(',').next()?.trim())
    }
}

/// What follows the last comma outside quotes, looked for from the end: a quote that the client left open does not hide
/// what the proxy added after it.
fn last_element(line: &str) -> &str {
    let mut is_quoted = false;
    for (place, letter) in line.char_indices().rev() {
        match letter {
            '"' if !ends_in_escape(&line[..place]) => is_quoted = !is_quoted,
            ',' if !is_quoted => return &line[place + 1..],
            _ => {}
        }
    }
    line
}

/// Whether a character after `text` would be escaped: an odd number of backslashes stands before it.
fn ends_in_escape(text: &str) -> bool {
    text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// The `for` of one element of a `Forwarded` header (RFC 7239, section 4).
fn parse_forwarded(element: &str) -> Option<IpAddr> {
    split_parameters(element).iter().find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        if name.trim().eq_ignore_ascii_case("for") { parse_address(&unquote(value.trim())) } else { None }
    })
}

/// An address with or without a port and brackets; `None` for `unknown`, an obfuscated name, or anything else.
fn parse_address(text: &str) -> Option<IpAddr> {
    if let Ok(with_port) = text.parse::<SocketAddr>() {
        return Some(with_port.ip());
    }
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.split_once('%').map_or(bare, |(address, _zone)| address).parse().ok()
}

/// The parameters of an element: the semicolons in quoted values do not part them (RFC 9110, section 5.6.4).
fn split_parameters(element: &str) -> Vec<&str> {
    let mut parameters = Vec::new();
    let (mut start, mut is_quoted) = (0, false);
    for (place, letter) in element.char_indices() {
        match letter {
            '"' if !ends_in_escape(&element[..place]) => is_quoted = !is_quoted,
            ';' if !is_quoted => {
                parameters.push(&element[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    parameters.push(&element[start..]);
    parameters
}

fn unquote(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return value.to_owned() };
    let mut plain = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        plain.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};
    use actix_web::test::TestRequest;

    use super::*;

    fn client(name: &str, lines: &[&str]) -> Option<String> {
        let request = lines.iter().fold(TestRequest::default(), |request, line| request.append_header((name, *line)));
        find_forwarded(request.to_http_request().headers(), name).map(|address| ClientAddress::of(Some(address)).0)
    }

    #[test]
    fn ports_and_brackets_are_no_part_of_a_client() {
        for (text, expected) in [
            ("203.0.113.4", "203.0.113.4"),
            ("203.0.113.4:5001", "203.0.113.4"),
            ("[2001:db8:1:2::7]:443", "2001:db8:1:2::/64"),
            ("[2001:db8:1:2::7]", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
            ("fe80::1%eth0", "fe80::/64"),
            ("::ffff:203.0.113.4", "203.0.113.4"),
            ("[::ffff:203.0.113.4]:5001", "203.0.113.4"),
        ] {
            assert_eq!(client("x-forwarded-for", &[text]).as_deref(), Some(expected), "{text}");
            assert_eq!(client("x-real-ip", &[text]).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn an_ipv6_client_is_its_network() {
        let one = client("x-real-ip", &["2001:db8:1:2:aaaa::1"]);
        assert_eq!(one, client("x-real-ip", &["2001:db8:1:2:bbbb:cccc:dddd:eeee"]));
        assert_ne!(one, client("x-real-ip", &["2001:db8:1:3::1"]));
    }

    #[test]
    fn the_last_hop_of_the_last_line_counts() {
        let name = "x-forwarded-for";
        assert_eq!(client(name, &["198.51.100.9, 203.0.113.4"]).as_deref(), Some("203.0.113.4"));
        assert_eq!(client(name, &["198.51.100.9", "198.51.100.8, 203.0.113.4"]).as_deref(), Some("203.0.113.4"));
        assert_eq!(client(name, &["\", 203.0.113.4"]).as_deref(), Some("203.0.113.4"));
        assert_eq!(client(name, &["203.0.113.4", "nonsense"]), None, "what the proxy did not say is not believed");
        assert_eq!(client(name, &[]), None);
    }

    #[test]
    fn empty_lines_and_elements_say_nothing() {
        for name in ["x-forwarded-for", "X-Real-IP"] {
            for lines in [&["203.0.113.4", ""] as &[&str], &["203.0.113.4", " , "], &["198.51.100.9,, 203.0.113.4, ,"]]
            {
                assert_eq!(client(name, lines).as_deref(), Some("203.0.113.4"), "{lines:?}");
            }
            assert_eq!(client(name, &["", ","]), None);
        }
        assert_eq!(client("forwarded", &["for=203.0.113.4;proto=https, ", ""]).as_deref(), Some("203.0.113.4"));
    }

    #[test]
    fn a_line_that_is_no_text_is_the_proxys_all_the_same() {
        let name = HeaderName::from_static("x-forwarded-for");
        let mut headers = HeaderMap::new();
        headers.append(name.clone(), HeaderValue::from_static("198.51.100.9"));
        headers.append(name, HeaderValue::from_bytes(b"\xff\xfe").unwrap());
        assert_eq!(find_forwarded(&headers, "x-forwarded-for"), None);
    }

    #[test]
    fn the_forwarded_header_is_read_as_rfc_7239_writes_it() {
        for (lines, expected) in [
            (&["for=203.0.113.4"] as &[&str], Some("203.0.113.4")),
            (&["For=\"203.0.113.4:5001\";proto=https;by=10.0.0.1"], Some("203.0.113.4")),
            (&["by=10.0.0.1; FOR=\"[2001:db8:cafe::17]:4711\""], Some("2001:db8:cafe::/64")),
            (&["for=198.51.100.9, for=203.0.113.4;proto=http"], Some("203.0.113.4")),
            (&["for=198.51.100.9;host=\"a,for=198.51.100.8\"", "for=203.0.113.4"], Some("203.0.113.4")),
            (&["for=203.0.113.4;host=\"a, for=198.51.100.8; b\\\", for=1.1.1.1\""], Some("203.0.113.4")),
            (&["for=\"\\[2001:db8::1\\]\""], Some("2001:db8::/64")),
            (&["for=198.51.100.9;host=\"open, for=203.0.113.4"], Some("203.0.113.4")),
            (&["for=unknown"], None),
            (&["for=_hidden"], None),
            (&["proto=https"], None),
        ] {
            assert_eq!(client("Forwarded", lines).as_deref(), expected, "{lines:?}");
        }
    }
}
