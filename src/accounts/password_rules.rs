//! Which passwords are taken: long enough, and not what a guesser would try.
//!
//! NIST SP 800-63B asks for a list of known passwords rather than for kinds of characters; zxcvbn holds one, and counts
//! repeats, sequences, dates and the person's own words as what they are worth.

use zxcvbn::Score;
use zxcvbn::feedback::Warning;

use super::password_words::{count_rest, list_once, without_shift};
use crate::text;

/// The fewest characters of a password (NIST SP 800-63B asks for 15 without a second factor, 8 with; 12 is between).
pub const MIN_PASSWORD_CHARS: usize = 12;
/// The most characters of a password, so that hashing is cheap.
const MAX_PASSWORD_CHARS: usize = 200;
/// How many characters the estimate looks at: its cost grows faster than the length.
const MAX_ESTIMATED_CHARS: usize = 64;
/// The fewest characters beside words that a guesser tries first.
const MIN_REST: usize = 8;
/// How many of the person's own words the estimate knows, and how long each may be.
const MAX_WORDS: usize = 40;
/// The name of the product, which is a guesser's first word on any installation.
const PRODUCT: &str = "seaworthy";

/// What is wrong with a password, if anything; `personal` are texts whose words a guesser would try first: the name, the
/// address, what the programme is called.
pub fn find_password_fault(password: &str, personal: &[&str]) -> Option<String> {
    let password = text::opaque(password);
    let length = password.chars().count();
    if length < MIN_PASSWORD_CHARS {
        let so_far = if length > 0 { format!("This has {length} so far. ") } else { String::new() };
        return Some(format!("{so_far}Please use {MIN_PASSWORD_CHARS} characters or more."));
    }
    if length > MAX_PASSWORD_CHARS {
        return Some(format!("Please use at most {MAX_PASSWORD_CHARS} characters."));
    }
    find_weakness(&password, &split_words(personal)).map(str::to_owned)
}

/// Why a guesser would find a password of sufficient length, if they would.
fn find_weakness(password: &str, words: &[String]) -> Option<&'static str> {
    let estimated: String = password.chars().take(MAX_ESTIMATED_CHARS).collect();
    let (once, plain) = (list_once(&estimated), without_shift(&estimated));
    if let Some(fault) = [&estimated, &once, &plain].into_iter().find_map(|text| estimate(text, words)) {
        return Some(fault);
    }
    if count_rest(password, words).is_none_or(|rest| rest >= MIN_REST) {
        return None;
    }
    let is_common = count_rest(password, &[]).is_some_and(|rest| rest < MIN_REST);
    Some(if is_common { describe(Some(Warning::ThisIsSimilarToACommonlyUsedPassword)) } else { PERSONAL })
}

/// Why `text` would be guessed soon, by the estimate.
fn estimate(text: &str, words: &[String]) -> Option<&'static str> {
    let inputs: Vec<&str> = words.iter().map(String::as_str).collect();
    let estimate = zxcvbn::zxcvbn(text, &inputs);
    if estimate.score() >= Score::Three {
        return None;
    }
    let is_personal = estimate.sequence().iter().any(|part| words.contains(&part.token.to_lowercase()));
    let warning = estimate.feedback().and_then(zxcvbn::feedback::Feedback::warning);
    Some(if is_personal { PERSONAL } else { describe(warning) })
}

const PERSONAL: &str = "That is close to your name, your address or what this site is called. Please use a few words a guesser would not try.";

/// The reason, as a message for the person.
fn describe(warning: Option<Warning>) -> &'static str {
    match warning {
        Some(Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess) => {
            "Keys that lie side by side are guessed early. Please use a few words that do not belong together."
        }
        Some(Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess) => {
            "That repeats itself, which adds little. Please add a word or two of another kind."
        }
        Some(
            Warning::ThisIsATop10Password
            | Warning::ThisIsATop100Password
            | Warning::ThisIsACommonPassword
            | Warning::ThisIsSimilarToACommonlyUsedPassword,
        ) => "That is close to a password many people use. Please use a few words that do not belong together.",
        Some(Warning::SequencesLikeAbcAreEasyToGuess) => {
            "Sequences such as abc or 6543 are guessed early. Please add a word or two."
        }
        Some(Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess) => {
            "Years and dates are guessed early. Please add a word or two."
        }
        Some(Warning::NamesAndSurnamesByThemselvesAreEasyToGuess | Warning::CommonNamesAndSurnamesAreEasyToGuess) => {
            "Names are guessed early. Please add a word or two that are no names."
        }
        Some(Warning::AWordByItselfIsEasyToGuess) | None => {
            "That would be guessed too soon. Please add another word or two; uncommon ones are best."
        }
    }
}

fn split_words(personal: &[&str]) -> Vec<String> {
    let mut words = vec![PRODUCT.to_owned()];
    for text in personal {
        let text: String = text.chars().take(MAX_PASSWORD_CHARS).collect::<String>().to_lowercase();
        words.extend(text.split(|letter: char| !letter.is_alphanumeric()).map(str::to_owned));
        words.push(text.split_whitespace().collect());
    }
    words.retain(|word| word.chars().count() >= 3);
    words.truncate(MAX_WORDS);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: [&str; 3] = ["Ada Quist", "adaquist@quistson.org", "Full service ownership with Kubernetes"];

    #[test]
    fn known_passwords_are_refused() {
        for password in [
            "password1234",
            "123456789012",
            "letmeinletme",
            "administrator",
            "passwordpassword",
            "Seaworthy1234",
            "seaworthy-2026",
            "Kubernetes2026",
            "aaaaaaaaaaaa",
            "abababababab",
            "qwertyuiop[]",
            "P@ssw0rd1234",
            "adaquist2026",
            "ada@quistson",
            "AdaQuist2026!",
            "Ada Quist 2026",
            "Ada.Quist.2026",
            "A-d-a-Q-u-i-s-t",
            "tsiuqada2026",
            "adaquist@quistson.org",
            "Full service ownership with Kubernetes",
            "fullserviceownership",
            "kubernetes-kubernetes",
            "Seaworthy Seaworthy",
            "Passw0rd!Passw0rd",
            "starwars starwars",
            "January2026January",
            "Summer2026!!!!",
            "iloveyou2020!!",
            "mypasswordis1234",
            "hello world hello",
            "correct horse battery staple",
            "correcthorsebatterystaple",
            "thequickbrownfox",
            "!QAZ2wsx#EDC",
            "1qaz2wsx3edc4rfv",
            "azertyuiopqsdfgh",
            "qwertzuiopasdfgh",
            "йцукенгшщзхъ",
            "парольпароль",
        ] {
            assert!(find_password_fault(password, &ADA).is_some(), "{password}");
        }
    }

    #[test]
    fn passphrases_are_taken() {
        for password in [
            "calm seas and steady winds",
            "a harbour light at dusk",
            "правильная лошадь батарея",
            "ruhige See und steter Wind für Seaworthy",
            "x7#kQ9!mZ2pLw",
            "G4t$9wLq!r7Zb",
            "83920174650183",
            "quiet otters test the ice at four",
            "seven quiet harbours",
            "adamant welders hum at Seaworthy",
        ] {
            assert_eq!(find_password_fault(password, &ADA), None, "{password}");
        }
        let longest: String =
            "calm seas and steady winds for whoever sails by night, ".repeat(4).chars().take(200).collect();
        assert_eq!(find_password_fault(&longest, &ADA), None, "200 characters");
    }

    #[test]
    fn the_length_is_bounded_before_anything_is_estimated() {
        assert!(find_password_fault("short", &ADA).unwrap().contains("12 characters or more"));
        assert!(find_password_fault(&"long words ".repeat(10_000), &ADA).unwrap().contains("at most 200"));
    }

    #[test]
    fn the_reason_names_what_a_guesser_would_try() {
        let fault = |password| find_password_fault(password, &ADA).unwrap();
        assert!(fault("adaquist2026").contains("your name"), "{}", fault("adaquist2026"));
        assert!(fault("Seaworthy1234").contains("what this site is called"));
        assert!(
            fault("passwordpassword").contains("repeats itself") || fault("passwordpassword").contains("many people")
        );
    }
}
