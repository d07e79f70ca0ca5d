//! The tables `weeks`, `week_locks`, `rules_versions` and `entries`; and who is on the staff, from `people` and
//! `audit_events`.

mod entries;
mod staff;
mod weeks;

pub(super) use entries::{
    accept, add_entry, begin_review, count_undecided, find_answers, find_entry, find_questions_use, find_slot,
    has_accepted, list_entry_numbers, list_of_person, list_states, list_undecided, reject, withdraw,
};
pub(super) use staff::{is_staff, list_weeks_of_staff};
pub(super) use weeks::{
    add_rules, add_week, find_last_version, find_neighbours, find_next_seq, find_rules, find_week, find_week_at,
    list_weeks, lock_week, lock_week_at, lock_weeks, take_seq,
};
