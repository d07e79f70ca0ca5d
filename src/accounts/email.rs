//! Addresses: what mail can reach, and which spellings reach one mailbox.

use std::borrow::Cow;
use std::fmt;

use icu_normalizer::ComposingNormalizer;
use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

use super::names::is_hidden;
use crate::text;

/// The most bytes of an address in a mail's envelope (RFC 5321, section 4.5.3.1.3, without the angle brackets).
const MAX_BYTES: usize = 254;

/// An address that mail can reach: a name, `@`, and a domain with a dot in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    shown: String,
    canonical: String,
}

/// Why a text is not taken as an address, as a message for the person who typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmail {
    /// It is none.
    #[error("Please type an address such as ada@example.org.")]
    Malformed,
    /// Its name is quoted, which many mail servers do not take.
    #[error("We can't send mail to an address with quotation marks in it. Please use another one.")]
    Quoted,
}

impl Email {
    /// Reads what a person typed, spaces and what cannot be seen around it aside.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let typed = text::trim(text);
        let (local, domain) = typed.rsplit_once('@').ok_or(InvalidEmail::Malformed)?;
        if local.contains('"') {
            return Err(InvalidEmail::Quoted);
        }
        if local.chars().any(|letter| is_hidden(letter) || letter.is_whitespace() || letter.is_control()) {
            return Err(InvalidEmail::Malformed);
        }
        let local = compose(local);
        let ascii = ascii_domain(domain).ok_or(InvalidEmail::Malformed)?;
        let options =
            email_address::Options::default().with_required_tld().without_display_text().without_domain_literal();
        let reachable = format!("{local}@{ascii}");
        email_address::EmailAddress::parse_with_options(&reachable, options)
            .map_err(|_reason| InvalidEmail::Malformed)?;
        if reachable.len() > MAX_BYTES {
            return Err(InvalidEmail::Malformed);
        }
        let shown = format!("{local}@{}", if domain.is_ascii() { domain.into() } else { letters_of_domain(&ascii) });
        Ok(Self { shown, canonical: canonical(&local, &ascii) })
    }

    /// As typed, in composed letters: what pages show and mail is sent to.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The form that decides whether two addresses reach one mailbox: lower case, the domain in ASCII, without a `+tag`,
    /// and without dots where the provider ignores them.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

impl fmt::Display for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

fn canonical(local: &str, ascii_domain: &str) -> String {
    let lower = compose(&local.to_lowercase());
    // Without a name before it, the tag is the name.
    let name = lower.split('+').next().filter(|name| !name.is_empty()).unwrap_or(&lower);
    if ascii_domain == "gmail.com" || ascii_domain == "googlemail.com" {
        format!("{}@gmail.com", name.replace('.', ""))
    } else {
        format!("{name}@{ascii_domain}")
    }
}

/// A domain as name servers know it, in lower case; `None` when they know none of the kind.
fn ascii_domain(domain: &str) -> Option<Cow<'_, str>> {
    let ascii =
        Uts46::new().to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow, DnsLength::Verify).ok()?;
    // A last label of digits alone belongs to the address of a machine.
    let last = ascii.rsplit('.').next()?;
    if last.bytes().all(|byte| byte.is_ascii_digit()) { None } else { Some(ascii) }
}

fn letters_of_domain(ascii: &str) -> Cow<'_, str> {
    let (letters, valid) = Uts46::new().to_unicode(ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow);
    if valid.is_ok() { letters } else { ascii.into() }
}

fn compose(text: &str) -> String {
    ComposingNormalizer::new_nfc().normalize(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        Email::parse(text).unwrap().canonical().to_owned()
    }

    #[test]
    fn one_mailbox_has_one_canonical_address() {
        assert_eq!(canonical("  Ada.Quist+lab@Example.ORG "), "ada.quist@example.org");
        assert_eq!(canonical("a.d.a+x@googlemail.com"), "ada@gmail.com");
        assert_eq!(canonical("\u{feff}\u{202a}ada@example.org\u{202c}\u{200b}\r\n"), "ada@example.org");
    }

    #[test]
    fn a_domain_in_letters_and_in_punycode_is_one() {
        let spellings = [
            "ada@bücher.example",
            "ada@xn--bcher-kva.example",
            "Ada@XN--BCHER-KVA.EXAMPLE",
            "ada@bu\u{308}cher.example",
            "ada@BÜCHER\u{3002}example",
        ];
        for text in spellings {
            assert_eq!(canonical(text), "ada@xn--bcher-kva.example", "{text}");
        }
    }

    #[test]
    fn composed_and_decomposed_letters_are_one_name() {
        assert_eq!(canonical("Zoe\u{301}@example.org"), canonical("zo\u{e9}@example.org"));
        assert_eq!(Email::parse("Zoe\u{301}@Example.org").unwrap().as_str(), "Zo\u{e9}@Example.org");
    }

    #[test]
    fn a_tag_with_no_name_before_it_is_the_name() {
        assert_ne!(canonical("+a@example.org"), canonical("+b@example.org"));
        assert_eq!(canonical("+A@Example.org"), "+a@example.org");
        assert_ne!(canonical("+a@gmail.com"), canonical("+b@gmail.com"));
    }

    #[test]
    fn what_mail_cannot_reach_is_refused() {
        let texts = [
            "",
            "ada",
            "ada@",
            "@example.org",
            "ada@localhost",
            "a b@example.org",
            "Ada <ada@example.org>",
            "ada@example..org",
            "ada@[203.0.113.4]",
            "ada@203.0.113.4",
            "ada@example_org.example",
            "a\u{200b}da@example.org",
            "a\u{202e}da@example.org",
            "ada\n@example.org",
        ];
        for text in texts {
            assert_eq!(Email::parse(text), Err(InvalidEmail::Malformed), "{text:?}");
        }
        assert_eq!(Email::parse(&format!("ada@{}.org", "a23456789.".repeat(26))), Err(InvalidEmail::Malformed));
    }

    #[test]
    fn quoted_names_that_cannot_be_sent_to_are_refused_as_such() {
        for text in ["\"q q\"@x.org", "\"ada\"@x.org", "\"a@b\"@x.org"] {
            assert_eq!(Email::parse(text), Err(InvalidEmail::Quoted), "{text}");
        }
    }

    #[test]
    fn the_address_is_shown_as_it_was_typed() {
        for text in ["Ada+x@Example.org", "ada@xn--bcher-kva.example", "ada@bücher.example"] {
            assert_eq!(Email::parse(text).unwrap().as_str(), text);
        }
    }
}
