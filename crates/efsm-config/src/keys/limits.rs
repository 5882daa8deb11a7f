use efsm_core::Limits;

use crate::format::table::keys;
use crate::format::values::{Period, Size};

keys! {
    /// Bounds of the stack. What passes one is refused with a clear error; nothing is cut short in silence.
    pub(crate) struct LimitsKeys "limits" {
        /// A request's body, except an object's.
        body "body": Size = "64MiB";
        /// One uploaded object, or one part of it.
        storage_part "storage_part": Size = "5GiB";
        /// A request's line and headers together.
        header "header": Size = "64KiB";
        /// Entries that the journal holds; the oldest are dropped and counted. 0 records nothing.
        journal_entries "journal_entries": usize = "10000";
        /// Bytes that the journal holds.
        journal_bytes "journal_bytes": Size = "32MiB";
        /// What all services of the stack store together.
        memory "memory": Size = "2GiB";
        /// Nesting of a JSON document.
        json_depth "json_depth": usize = "128";
        /// Connections held at once.
        connections "connections": usize = "20000";
        /// How long a connection may wait for its next request.
        idle_timeout "idle_timeout": Period = "2m";
        /// How long a request's line and headers may take.
        header_timeout "header_timeout": Period = "30s";
        /// How long the next piece of a request's body may take.
        body_timeout "body_timeout": Period = "30s";
        /// How long requests under way may take when the stack is told to stop.
        drain_timeout "drain_timeout": Period = "5s";
        /// Real time of one SQL statement.
        statement_timeout "statement_timeout": Period = "30s";
        /// Rows of one SQL result.
        result_rows "result_rows": usize = "1000000";
        /// Bytes of one SQL result.
        result_bytes "result_bytes": Size = "256MiB";
        /// Size of one SQL database.
        database "database": Size = "1GiB";
    }
}

impl LimitsKeys {
    /// The defaults with what was given in their place.
    pub(crate) fn resolve(&self) -> Limits {
        let usual = Limits::default();
        let bytes = |given: Option<Size>, usual| given.map_or(usual, |size| size.0);
        // A bound above what the machine can address is no bound.
        let addressable = |given: Option<Size>, usual| {
            given.map_or(usual, |size| usize::try_from(size.0).unwrap_or(usize::MAX))
        };
        let time = |given: Option<Period>, usual| given.map_or(usual, |period| period.0);
        Limits {
            body_bytes: bytes(self.body, usual.body_bytes),
            storage_part_bytes: bytes(self.storage_part, usual.storage_part_bytes),
            header_bytes: addressable(self.header, usual.header_bytes),
            journal_entries: self.journal_entries.unwrap_or(usual.journal_entries),
            journal_bytes: addressable(self.journal_bytes, usual.journal_bytes),
            memory_bytes: bytes(self.memory, usual.memory_bytes),
            json_depth: self.json_depth.unwrap_or(usual.json_depth),
            connections: self.connections.unwrap_or(usual.connections),
            idle_timeout: time(self.idle_timeout, usual.idle_timeout),
            header_timeout: time(self.header_timeout, usual.header_timeout),
            body_timeout: time(self.body_timeout, usual.body_timeout),
            drain_timeout: time(self.drain_timeout, usual.drain_timeout),
            statement_timeout: time(self.statement_timeout, usual.statement_timeout),
            result_rows: self.result_rows.unwrap_or(usual.result_rows),
            result_bytes: addressable(self.result_bytes, usual.result_bytes),
            database_bytes: bytes(self.database, usual.database_bytes),
        }
    }
}
