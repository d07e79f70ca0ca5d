//! Voucher codes: read from a file, sealed for storage.

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::id::{Random, Secret, keyed_hash};

/// The most characters of a code.
const CODE_MOST: usize = 200;

/// Seals codes with ChaCha20-Poly1305 (RFC 8439), each bound to its voucher's id.
#[derive(Clone)]
pub(super) struct Sealer {
    key: LessSafeKey,
    hash_key: [u8; 32],
    random: Random,
}

impl Sealer {
    pub(super) fn new(secret: &Secret, random: Random) -> anyhow::Result<Self> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, &secret.derive("voucher codes"))
            .map_err(|_length| anyhow::anyhow!("the key for voucher codes has the wrong length"))?;
        Ok(Self { key: LessSafeKey::new(key), hash_key: secret.derive("voucher hashes"), random })
    }

    /// The code as stored: a nonce and the sealed bytes, in base64.
    pub(super) fn seal(&self, code: &str, voucher: &str) -> anyhow::Result<String> {
        let nonce = self.random.bytes::<NONCE_LEN>();
        let mut bytes = code.as_bytes().to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(voucher), &mut bytes)
            .map_err(|_fault| anyhow::anyhow!("a code could not be sealed"))?;
        Ok(STANDARD.encode([nonce.as_slice(), &bytes].concat()))
    }

    /// The code behind what [`Sealer::seal`] made for the same voucher.
    pub(super) fn open(&self, sealed: &str, voucher: &str) -> anyhow::Result<String> {
        let bytes = STANDARD.decode(sealed).context("a sealed code is not base64")?;
        let (nonce, rest) = bytes.split_at_checked(NONCE_LEN).context("a sealed code is too short")?;
        let mut rest = rest.to_vec();
        let nonce =
            Nonce::try_assume_unique_for_key(nonce).map_err(|_length| anyhow::anyhow!("a nonce is too short"))?;
        let code = self
            .key
            .open_in_place(nonce, Aad::from(voucher), &mut rest)
            .map_err(|_fault| anyhow::anyhow!("a sealed code was changed, or the installation's secret was"))?;
        Ok(String::from_utf8(code.to_vec())?)
    }

    /// What tells two equal codes apart from two different ones, without telling either.
    pub(super) fn hash(&self, code: &str) -> String {
        hex::encode(keyed_hash(&self.hash_key, code.as_bytes()))
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Sealer")
    }
}

/// What became of one line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A code.
    Code(String),
    /// Nothing; blank lines are common at the end.
    Blank,
    /// Not a code, and why.
    Refused(&'static str),
}

/// Reads the first column of each line, with its number from 1; a heading that says `code` is passed over.
pub(super) fn read_lines(file: &[u8]) -> Result<Vec<(u64, Line)>, String> {
    let text = std::str::from_utf8(file)
        .map_err(|_bytes| "The file is not UTF-8 text. Save it as CSV in UTF-8.".to_owned())?;
    let text = text.trim_start_matches('\u{feff}');
    let mut lines = Vec::new();
    for (place, line) in text.lines().enumerate() {
        let number = u64::try_from(place).unwrap_or(u64::MAX).saturating_add(1);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line.as_bytes());
        let record = reader.records().next().transpose().map_err(|fault| format!("Line {number}: {fault}."))?;
        let code = record.as_ref().and_then(|record| record.get(0)).unwrap_or("").trim();
        lines.push((
            number,
            match code {
                "" => Line::Blank,
                "code" | "Code" | "CODE" if place == 0 => Line::Blank,
                code if code.chars().count() > CODE_MOST => Line::Refused("longer than 200 characters"),
                code if code.chars().any(char::is_whitespace) => Line::Refused("has a space in it"),
                code => Line::Code(code.to_owned()),
            },
        ));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer() -> Sealer {
        Sealer::new(&Secret::parse(&"ab".repeat(32)).unwrap(), Random::seeded(1)).unwrap()
    }

    #[test]
    fn a_code_opens_for_its_own_voucher_alone() {
        let sealer = sealer();
        let stored = sealer.seal("CODE-1", "voucher-1").unwrap();
        assert!(!stored.contains("CODE-1"));
        assert_eq!(sealer.open(&stored, "voucher-1").unwrap(), "CODE-1");
        assert!(sealer.open(&stored, "voucher-2").is_err());
        assert_ne!(stored, sealer.seal("CODE-1", "voucher-1").unwrap());
    }

    #[test]
    fn a_file_is_read_line_by_line() {
        let lines = read_lines(b"\xef\xbb\xbfcode,note\r\nA-1,x\n\n\"B-2\"\nC 3\n").unwrap();
        let expected = [
            (1, Line::Blank),
            (2, Line::Code("A-1".to_owned())),
            (3, Line::Blank),
            (4, Line::Code("B-2".to_owned())),
            (5, Line::Refused("has a space in it")),
        ];
        assert_eq!(lines, expected);
        assert!(read_lines(&[0xff, 0xfe]).is_err());
    }
}
