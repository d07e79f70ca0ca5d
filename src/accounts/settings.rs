//! The `[accounts]` section.

use serde::Deserialize;

use crate::settings::Faults;

/// How passwords are hashed, and how often forms may be sent. A network is an IPv4 address or the /64 of an IPv6 one; its
/// limits leave room for a class behind one address.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountSettings {
    /// Memory of one argon2id hash, in KiB. The defaults are the first choice of OWASP's password storage cheat sheet.
    pub hash_memory_kib: u32,
    /// Passes of one argon2id hash.
    pub hash_passes: u32,
    /// Hashes computed at the same time; more wait.
    pub hashes_at_once: usize,
    /// Sign-ups from one network in an hour.
    pub sign_ups_per_hour: i64,
    /// Passwords tried from one network in five minutes.
    pub sign_ins_per_five_minutes: i64,
    /// Passwords tried at one account in five minutes, however its address is spelled.
    pub sign_ins_per_account: i64,
    /// Mails asked for from one network in an hour.
    pub mails_per_hour: i64,
    /// Mails to one mailbox that forms may cause in an hour.
    pub mails_per_recipient: i64,
}

/// What all hashes that are computed at the same time may take together.
const MAX_HASH_MEMORY_KIB: u64 = 8 * 1_024 * 1_024;

impl Default for AccountSettings {
    fn default() -> Self {
        Self {
            hash_memory_kib: 19_456,
            hash_passes: 2,
            hashes_at_once: 2,
            sign_ups_per_hour: 200,
            sign_ins_per_five_minutes: 300,
            sign_ins_per_account: 10,
            mails_per_hour: 200,
            mails_per_recipient: 5,
        }
    }
}

impl AccountSettings {
    /// Every fault of the section, as messages for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        let mut faults = Faults::of("accounts");
        faults.range("hash_memory_kib", &self.hash_memory_kib, &(8..=1_048_576));
        faults.range("hash_passes", &self.hash_passes, &(1..=20));
        faults.range("hashes_at_once", &self.hashes_at_once, &(1..=256));
        let together =
            u64::from(self.hash_memory_kib).saturating_mul(self.hashes_at_once.try_into().unwrap_or(u64::MAX));
        let message = format!(
            "times accounts.hash_memory_kib is {} MiB at once, and {} MiB is the most",
            together / 1_024,
            MAX_HASH_MEMORY_KIB / 1_024
        );
        faults.expect(together <= MAX_HASH_MEMORY_KIB, "hashes_at_once", message);
        for (key, limit) in [
            ("sign_ups_per_hour", self.sign_ups_per_hour),
            ("sign_ins_per_five_minutes", self.sign_ins_per_five_minutes),
            ("sign_ins_per_account", self.sign_ins_per_account),
            ("mails_per_hour", self.mails_per_hour),
            ("mails_per_recipient", self.mails_per_recipient),
        ] {
            faults.range(key, &limit, &(1..=1_000_000));
        }
        faults.into_list()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_have_no_fault() {
        assert_eq!(AccountSettings::default().validate(), Vec::<String>::new());
    }

    #[test]
    fn hashes_that_no_machine_could_compute_together_are_refused() {
        let settings = AccountSettings { hash_memory_kib: 1_048_576, hashes_at_once: 9, ..AccountSettings::default() };
        let faults = settings.validate();
        assert_eq!(
            faults,
            ["accounts.hashes_at_once times accounts.hash_memory_kib is 9216 MiB at once, and 8192 MiB is the most"]
        );
        assert!(AccountSettings { hashes_at_once: 8, ..settings }.validate().is_empty());
    }

    #[test]
    fn limits_that_would_shut_everybody_out_are_refused() {
        let settings = AccountSettings {
            hash_memory_kib: 7,
            hash_passes: 0,
            hashes_at_once: 0,
            sign_ups_per_hour: 0,
            sign_ins_per_five_minutes: -1,
            sign_ins_per_account: 0,
            mails_per_hour: i64::MIN,
            mails_per_recipient: 0,
        };
        let faults = settings.validate();
        assert_eq!(faults.len(), 8, "{faults:?}");
        assert_eq!(faults[4], "accounts.sign_ins_per_five_minutes must be from 1 to 1000000, not -1");
    }
}
