//! What a new account must bring.

use super::email::Email;
use super::names::parse_name;
use super::password_rules::find_password_fault;

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

/// What is wrong with each part of a sign-up, as a message for the person; nothing where a part is sound.
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
    /// Reads what was typed; every fault is told at once. `site` are words of the site that no password may rest on.
    pub fn parse(name: &str, email: &str, password: &str, site: &str) -> Result<Self, SignUpFaults> {
        let password_fault = find_password_fault(password, &[name, email, site]);
        match (parse_name(name), Email::parse(email), password_fault) {
            (Ok(name), Ok(email), None) => Ok(Self { name, email, password: password.to_owned() }),
            (name, email, password) => {
                Err(SignUpFaults { name: name.err(), email: email.err().map(|reason| reason.to_string()), password })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_a_sign_up_is_told_at_once() {
        let faults = NewPerson::parse(" ", "nobody", "short", "").unwrap_err();
        assert!(faults.name.is_some() && faults.email.is_some() && faults.password.is_some());
    }
}
