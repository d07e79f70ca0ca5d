//! The words of PromQL (prometheus.io/docs/prometheus/latest/querying/basics).

/// One word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'q> {
    Number,
    /// `5m`, `1h30m`.
    Duration,
    /// A quoted text that is empty, or not.
    Text(bool),
    /// A metric, a label, a function, or a keyword.
    Name(&'q str),
    Symbol(&'static str),
}

/// The longer ones stand first.
const SYMBOLS: [&str; 26] = [
    "==", "!=", "<=", ">=", "=~", "!~", "(", ")", "{", "}", "[", "]", ",", ":", "@", "=", "<", ">", "+", "-", "*", "/",
    "%", "^", ".", ";",
];

/// The words of a query.
pub(super) fn tokenise(query: &str) -> Result<Vec<Token<'_>>, String> {
    let mut tokens = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '#' => {
                let (_comment, after) = rest.split_once('\n').unwrap_or((rest, ""));
                rest = after.trim_start();
                continue;
            }
            '"' | '\'' | '`' => {
                let length = quoted_length(rest, first).ok_or_else(|| format!("{first} is opened and not closed"))?;
                (Token::Text(length == 2), length)
            }
            '0'..='9' | '.' if rest.trim_start_matches('.').starts_with(|next: char| next.is_ascii_digit()) => {
                read_number(rest)
            }
            // In a range a colon stands alone, before a duration.
            _ if is_of_name(first)
                && (first != ':' || rest[1..].starts_with(|next: char| next.is_ascii_alphabetic())) =>
            {
                let length = rest.find(|next: char| !is_of_name(next)).unwrap_or(rest.len());
                (Token::Name(&rest[..length]), length)
            }
            _ => {
                let symbol = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol));
                let symbol = symbol.ok_or_else(|| format!("{first} stands for nothing"))?;
                (Token::Symbol(symbol), symbol.len())
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn is_of_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == ':'
}

fn quoted_length(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if quote != '`' => is_escaped = true,
            '\n' if quote != '`' => return None,
            letter if letter == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// A number or a duration, whose units stand between its digits.
fn read_number(text: &str) -> (Token<'_>, usize) {
    let is_of_number = |letter: char| letter.is_ascii_alphanumeric() || letter == '.' || letter == '_';
    let mut length = text.find(|letter: char| !is_of_number(letter)).unwrap_or(text.len());
    let is_hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    // The sign of an exponent.
    if !is_hexadecimal && text[..length].ends_with(['e', 'E']) && text[length..].starts_with(['+', '-']) {
        let digits = &text[length + 1..];
        length += 1 + digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
    }
    let is_duration = !is_hexadecimal && text[..length].ends_with(['s', 'm', 'h', 'd', 'w', 'y']);
    (if is_duration { Token::Duration } else { Token::Number }, length)
}
