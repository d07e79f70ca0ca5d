//! What is left of a password without the words and the rows of keys that a guesser tries first.
//!
//! An estimate counts a separator or a second copy of a word as if they were hard to guess, and knows the rows of one
//! keyboard alone.

/// Words of passwords that many people use, and phrases that are known from everywhere.
const COMMON: &[&str] = &[
    "correcthorsebatterystaple",
    "thequickbrownfox",
    "maytheforcebewithyou",
    "tobeornottobe",
    "loremipsum",
    "administrator",
    "motdepasse",
    "contraseña",
    "contrasena",
    "iloveyou",
    "changeme",
    "password",
    "passw0rd",
    "passwort",
    "kennwort",
    "welcome",
    "letmein",
    "пароль",
    "secret",
    "hello",
    "login",
    "admin",
    "root",
    "test",
];
/// Rows of keys, and alphabets.
const ROWS: &[&str] = &[
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiopü",
    "asdfghjklöä",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "йцукенгшщзхъ",
    "фывапролджэ",
    "ячсмитьбю",
];
/// The fewest neighbours that count as a walk along a row.
const MIN_WALK: usize = 4;
/// So many digits in a row are a date, a year or a count.
const MIN_NUMBER: usize = 4;

/// The words of a password, each once and without what stands between them.
pub(super) fn list_once(password: &str) -> String {
    let letters: Vec<char> = password.to_lowercase().chars().collect();
    let kind = |letter: char| letter.is_alphanumeric().then(|| letter.is_numeric());
    let mut once: Vec<&[char]> = Vec::new();
    for word in letters.chunk_by(|one, next| kind(*one) == kind(*next)).filter(|word| kind(word[0]).is_some()) {
        if !once.contains(&word) {
            once.push(word);
        }
    }
    once.concat().into_iter().collect()
}

/// The signs over the digits of a keyboard as the digits.
pub(super) fn without_shift(password: &str) -> String {
    let plain = |letter: char| "!@#$%^&*()".find(letter).map_or(letter, |digit| char::from(b"1234567890"[digit]));
    password.chars().map(plain).collect()
}

/// How many letters and digits are left of a password without `own` words, common ones, walks along a row of keys and
/// numbers; `None` when it has none of these words and walks.
pub(super) fn count_rest(password: &str, own: &[String]) -> Option<usize> {
    let mut text: String = password.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect();
    let before = text.chars().count();
    let mut words: Vec<&str> = own.iter().map(String::as_str).chain(COMMON.iter().copied()).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in words {
        // What stood on both sides of a word does not become a new one.
        text = text.replace(word, " ");
    }
    let letters: Vec<char> = text.chars().collect();
    let kept = keep_between(&letters, MIN_WALK, is_step);
    let has_known = kept.len() < letters.len() || letters.len() < before || letters.contains(&' ');
    let kept = keep_between(&kept, MIN_NUMBER, |one, next| one.is_numeric() && next.is_numeric());
    has_known.then(|| kept.iter().filter(|letter| **letter != ' ').count())
}

/// The letters that are in no run of `shortest` or more, in which each is followed by one that `follows`.
fn keep_between(letters: &[char], shortest: usize, follows: impl Fn(char, char) -> bool) -> Vec<char> {
    let runs = letters.chunk_by(|one, next| follows(*one, *next));
    runs.filter(|run| run.len() < shortest).flatten().copied().collect()
}

/// Whether two keys are neighbours in a row, in either direction.
fn is_step(one: char, next: char) -> bool {
    ROWS.iter().any(|row| {
        let place = |letter| row.chars().position(|key| key == letter);
        place(one).zip(place(next)).is_some_and(|(one, next)| one.abs_diff(next) == 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_there_once_and_nothing_between() {
        for (password, once) in [
            ("Passw0rd!passw0rd", "passw0rd"),
            ("January2026January", "january2026"),
            ("a harbour light, a dusk", "aharbourlightdusk"),
            ("...", ""),
        ] {
            assert_eq!(list_once(password), once);
        }
        assert_eq!(without_shift("!QAZ@wsx"), "1QAZ2wsx");
    }

    #[test]
    fn known_words_walks_and_numbers_leave_nothing() {
        let own = ["ada".to_owned(), "quist".to_owned()];
        for (password, rest) in [
            ("Ada.Quist.2026", Some(0)),
            ("azertyuiop-zyx", Some(3)),
            ("lkjhgfdsa poiuy", Some(0)),
            ("my-password-is-1234", Some(4)),
            ("adaquist harbour", Some(7)),
            ("steady winds 2026", None),
        ] {
            assert_eq!(count_rest(password, &own), rest, "{password}");
        }
    }
}
