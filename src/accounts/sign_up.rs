//! The rules for what a new account must bring.

use super::model::Email;

/// The fewest characters of a password (NIST SP 800-63B asks for 15 without a second factor, 8 with; 12 is between).
pub const PASSWORD_CHARACTERS: usize = 12;
/// The most characters of a password, so that hashing stays cheap.
const PASSWORD_MOST: usize = 200;
/// The most characters of a name.
const NAME_MOST: usize = 80;

/// What a new account needs, every part of it sound.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// The name they go by.
    pub name: String,
    /// Their address.
    pub email: Email,
    /// Their password.
    pub password: String,
}

/// What is wrong with each part of a sign-up, worded for the person; nothing where a part is sound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignUpFaults {
    /// About the name.
    pub name: Option<String>,
    /// About the address.
    pub email: Option<String>,
    /// About the password.
    pub password: Option<String>,
}

impl NewPerson {
    /// Reads what was typed; every fault is told at once.
    pub fn parse(name: &str, email: &str, password: &str) -> Result<Self, SignUpFaults> {
        let parsed = Email::parse(email);
        let faults = SignUpFaults {
            name: find_name_fault(name),
            email: parsed.is_err().then(|| "Please type an address such as ada@example.org.".to_owned()),
            password: find_password_fault(password, &[name, email]),
        };
        match parsed {
            Ok(email) if faults == SignUpFaults::default() => {
                Ok(Self { name: name.trim().to_owned(), email, password: password.to_owned() })
            }
            _ => Err(faults),
        }
    }
}

/// What is wrong with a name, if anything.
pub fn find_name_fault(name: &str) -> Option<String> {
    let name = name.trim();
    if name.is_empty() {
        Some("Please tell us the name you go by.".to_owned())
    } else if name.chars().count() > NAME_MOST {
        Some(format!("Please shorten the name to {NAME_MOST} characters."))
    } else if name.chars().any(char::is_control) {
        Some("Please leave out line breaks and other control characters.".to_owned())
    } else {
        None
    }
}

/// What is wrong with a password, if anything; `personal` are words that a guesser would try first.
pub fn find_password_fault(password: &str, personal: &[&str]) -> Option<String> {
    let length = password.chars().count();
    let lower = password.to_lowercase();
    let mut distinct: Vec<char> = lower.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let is_personal = personal
        .iter()
        .flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric()))
        .filter(|word| word.chars().count() >= 4)
        .any(|word| lower.replace(&word.to_lowercase(), "").chars().count() < PASSWORD_CHARACTERS / 2);
    if length < PASSWORD_CHARACTERS {
        Some(format!("Please use {PASSWORD_CHARACTERS} characters or more; a few words in a row do well."))
    } else if length > PASSWORD_MOST {
        Some(format!("Please use at most {PASSWORD_MOST} characters."))
    } else if distinct.len() < 5 {
        Some("That repeats too few characters; please mix in more.".to_owned())
    } else if is_personal {
        Some("That is close to your name or address; please choose something a guesser would not try.".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_a_sign_up_is_told_at_once() {
        let faults = NewPerson::parse(" ", "nobody", "short").unwrap_err();
        assert!(faults.name.is_some() && faults.email.is_some() && faults.password.is_some());
    }

    #[test]
    fn easy_passwords_are_refused() {
        for password in ["aaaaaaaaaaaa", "abababababab", "adaquist2026", "ada@quistson"] {
            assert!(find_password_fault(password, &["Ada Quist", "adaquist@quistson.org"]).is_some(), "{password}");
        }
        assert_eq!(find_password_fault("calm seas and steady winds", &["Ada Quist"]), None);
    }

    #[test]
    fn a_name_is_one_line_of_bounded_length() {
        assert!(find_name_fault("Ada\nQuist").is_some());
        assert!(find_name_fault(&"a".repeat(81)).is_some());
        assert_eq!(find_name_fault("Ada Quist"), None);
    }
}
