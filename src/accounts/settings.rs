//! The `[accounts]` section.

use serde::Deserialize;

/// How passwords are hashed, and how often an address may try.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountSettings {
    /// Memory of one argon2id hash, in KiB. The defaults are the first choice of OWASP's password storage cheat sheet.
    pub hash_memory_kib: u32,
    /// Passes of one argon2id hash.
    pub hash_passes: u32,
    /// Hashes computed at the same time; more wait.
    pub hashes_at_once: usize,
    /// Sign-ups from one client address in an hour.
    pub sign_ups_per_hour: i64,
    /// Failed or successful sign-ins from one client address in five minutes.
    pub sign_ins_per_five_minutes: i64,
    /// Sign-ins to one account in five minutes.
    pub sign_ins_per_account: i64,
    /// Mails asked for by one client address in an hour.
    pub mails_per_hour: i64,
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self {
            hash_memory_kib: 19_456,
            hash_passes: 2,
            hashes_at_once: 2,
            sign_ups_per_hour: 100,
            sign_ins_per_five_minutes: 100,
            sign_ins_per_account: 10,
            mails_per_hour: 20,
        }
    }
}

impl AccountSettings {
    /// Every fault of the section, worded for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if argon2::Params::new(self.hash_memory_kib, self.hash_passes, 1, None).is_err() {
            faults.push("accounts.hash_memory_kib must be 8 or more, and accounts.hash_passes 1 or more".to_owned());
        }
        if self.hashes_at_once == 0 {
            faults.push("accounts.hashes_at_once must be 1 or more".to_owned());
        }
        faults
    }
}
