//! Journeys: what people live through from page to page, by the links and buttons that the pages offer.

mod steps;
mod week;
