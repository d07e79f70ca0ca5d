//! The program itself, as a process: how it starts, stops, and bears a disk without room.

mod cluster;
mod full_disk;
mod kill;
mod program;
mod proxy;
mod rolling;
mod start;
mod stop;
mod user;
