//! A compiled statement of one connection.
//!
//! <https://www.sqlite.org/cintro.html>. A statement must not outlive its connection; whoever holds both drops
//! the statements first.

use std::borrow::Cow;
use std::ffi::{CStr, c_char, c_int};
use std::marker::PhantomData;
use std::ptr::NonNull;

use rusqlite::ffi;

use crate::engine::value::{Value, ValueRef};
use crate::error::{Code, Error};

/// A compiled statement, between runs.
pub(crate) struct Prepared {
    raw: NonNull<ffi::sqlite3_stmt>,
    columns: usize,
    parameters: usize,
    is_readonly: bool,
    /// The cells of the row on which a run stands, once it has looked at them.
    cells: Vec<Cell>,
}

/// A value of a row: where it is, its type, and its size as it is stored.
#[derive(Clone, Copy)]
struct Cell {
    value: *mut ffi::sqlite3_value,
    kind: c_int,
    bytes: usize,
}

// SAFETY: a statement may move between threads as long as only one uses it and its connection at a time.
// It lives inside the `Connection` that owns both, which is used through `&mut`.
unsafe impl Send for Prepared {}

/// Compiles the first statement of `sql`. Gives it, unless the text has none, and the bytes that it took.
pub(crate) fn prepare(
    connection: &rusqlite::Connection,
    sql: &str,
) -> Result<(Option<Prepared>, usize), Error> {
    let Ok(length) = c_int::try_from(sql.len()) else {
        return Err(Error::sql("the statement is too long", ffi::SQLITE_TOOBIG));
    };
    let mut raw = std::ptr::null_mut();
    let mut tail: *const c_char = std::ptr::null();
    // SAFETY: the connection is open for as long as it is borrowed; the text is `length` bytes long, and
    // SQLite copies what it keeps of it.
    let (code, database) = unsafe {
        let database = connection.handle();
        let code = ffi::sqlite3_prepare_v3(
            database,
            sql.as_ptr().cast(),
            length,
            ffi::SQLITE_PREPARE_PERSISTENT,
            &raw mut raw,
            &raw mut tail,
        );
        (code, database)
    };
    if code != ffi::SQLITE_OK {
        // SAFETY: the connection is open, and nothing was called on it since the error.
        return Err(unsafe { last_error(database, code) });
    }
    // A tail that is not set means that all of the text was read.
    let taken = (tail as usize)
        .checked_sub(sql.as_ptr() as usize)
        .filter(|taken| *taken <= sql.len())
        .unwrap_or(sql.len());
    let prepared = NonNull::new(raw).map(|raw| {
        let stmt = raw.as_ptr();
        // SAFETY: the statement was just compiled and is not null.
        unsafe {
            Prepared {
                raw,
                columns: ffi::sqlite3_column_count(stmt) as usize,
                parameters: ffi::sqlite3_bind_parameter_count(stmt) as usize,
                is_readonly: ffi::sqlite3_stmt_readonly(stmt) != 0,
                cells: Vec::new(),
            }
        }
    });
    Ok((prepared, taken))
}

/// Sets the rowid of the last insert back to 0.
pub(crate) fn forget_last_insert(connection: &rusqlite::Connection) {
    // SAFETY: the connection is open for as long as it is borrowed.
    unsafe { ffi::sqlite3_set_last_insert_rowid(connection.handle(), 0) }
}

/// The error that SQLite holds for a connection.
///
/// # Safety
/// `database` must be open, and its last call must be the one that gave `code`.
unsafe fn last_error(database: *mut ffi::sqlite3, code: c_int) -> Error {
    // SAFETY: the caller's promise; the message is valid until the next call and is copied here.
    unsafe {
        let message = ffi::sqlite3_errmsg(database);
        let message = if message.is_null() {
            format!("SQLite's error {code}")
        } else {
            CStr::from_ptr(message).to_string_lossy().into_owned()
        };
        Error::Sql {
            message,
            code: Code(ffi::sqlite3_extended_errcode(database)),
            offset: usize::try_from(ffi::sqlite3_error_offset(database)).ok(),
        }
    }
}

impl Prepared {
    pub(crate) fn parameters(&self) -> usize {
        self.parameters
    }

    pub(crate) fn is_readonly(&self) -> bool {
        self.is_readonly
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    pub(crate) fn is_explain(&self) -> bool {
        // SAFETY: the statement is compiled and not finalised before `drop`.
        unsafe { ffi::sqlite3_stmt_isexplain(self.raw.as_ptr()) != 0 }
    }

    /// A parameter's name with its prefix, by its number from 1; none for a bare `?`.
    pub(crate) fn parameter_name(&self, number: usize) -> Option<Cow<'_, str>> {
        // SAFETY: as above; SQLite gives null for numbers that it does not have. The name lives as long
        // as the statement.
        unsafe {
            text(ffi::sqlite3_bind_parameter_name(
                self.raw.as_ptr(),
                number as c_int,
            ))
        }
    }

    pub(crate) fn column_name(&self, column: usize) -> Cow<'_, str> {
        // SAFETY: as above. SQLite keeps the name as long as the statement is not run, which takes a `&mut`, and
        // nobody asks for it in UTF-16.
        unsafe { text(ffi::sqlite3_column_name(self.raw.as_ptr(), column as c_int)) }
            .unwrap_or_default()
    }

    pub(crate) fn column_declared_type(&self, column: usize) -> Option<Cow<'_, str>> {
        // SAFETY: as for the name.
        unsafe {
            text(ffi::sqlite3_column_decltype(
                self.raw.as_ptr(),
                column as c_int,
            ))
        }
    }

    /// Takes one step and stays there, so that the connection's read transaction goes on; whether it did.
    pub(crate) fn hold(&mut self) -> bool {
        // SAFETY: the statement is compiled; its connection is used by nobody else meanwhile.
        let is_held = unsafe { ffi::sqlite3_step(self.raw.as_ptr()) } == ffi::SQLITE_ROW;
        if !is_held {
            self.let_go();
        }
        is_held
    }

    /// Ends what [`Prepared::hold`] began.
    pub(crate) fn let_go(&mut self) {
        // SAFETY: the statement is compiled. The result repeats the error of the last step, which says nothing.
        unsafe { ffi::sqlite3_reset(self.raw.as_ptr()) };
    }

    /// Begins a run; it ends, and its bindings with it, when the result is dropped.
    pub(crate) fn begin(&mut self) -> Running<'_> {
        self.cells.clear();
        Running {
            statement: self,
            has_borrowed: false,
            bound: PhantomData,
        }
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // SAFETY: finalised once, here. The result repeats the error of the last run, which was reported.
        unsafe { ffi::sqlite3_finalize(self.raw.as_ptr()) };
    }
}

/// A statement that runs. The values that are bound to it are borrowed for `'a`.
pub(crate) struct Running<'a> {
    statement: &'a mut Prepared,
    /// Whether something that is bound is borrowed.
    has_borrowed: bool,
    bound: PhantomData<&'a [Value]>,
}

impl<'a> Running<'a> {
    /// Binds a parameter by its number from 1.
    pub(crate) fn bind(&mut self, number: usize, value: &'a Value) -> Result<(), Error> {
        let stmt = self.statement.raw.as_ptr();
        let number = number as c_int;
        self.has_borrowed |= matches!(value, Value::Text(_) | Value::Blob(_));
        // SAFETY: the statement is not stepped between `begin` and the last `bind`. Text and bytes are not
        // copied (SQLITE_STATIC): they are borrowed for `'a`, and `drop` unbinds them before that ends.
        let code = unsafe {
            match value {
                Value::Null => ffi::sqlite3_bind_null(stmt, number),
                Value::Integer(n) => ffi::sqlite3_bind_int64(stmt, number, *n),
                Value::Real(x) => ffi::sqlite3_bind_double(stmt, number, *x),
                Value::Text(text) => ffi::sqlite3_bind_text64(
                    stmt,
                    number,
                    text.as_ptr().cast(),
                    text.len() as u64,
                    ffi::SQLITE_STATIC(),
                    ffi::SQLITE_UTF8 as u8,
                ),
                // An empty slice has no address that SQLite would take for bytes.
                Value::Blob(bytes) if bytes.is_empty() => {
                    ffi::sqlite3_bind_zeroblob(stmt, number, 0)
                }
                Value::Blob(bytes) => ffi::sqlite3_bind_blob64(
                    stmt,
                    number,
                    bytes.as_ptr().cast(),
                    bytes.len() as u64,
                    ffi::SQLITE_STATIC(),
                ),
            }
        };
        if code == ffi::SQLITE_OK {
            Ok(())
        } else {
            Err(self.error(code))
        }
    }

    /// Goes on to the next row; `false` at the end.
    pub(crate) fn step(&mut self) -> Result<bool, Error> {
        self.statement.cells.clear();
        // SAFETY: the statement is compiled; its connection is used by nobody else meanwhile.
        match unsafe { ffi::sqlite3_step(self.statement.raw.as_ptr()) } {
            ffi::SQLITE_ROW => Ok(true),
            ffi::SQLITE_DONE => Ok(false),
            code => Err(self.error(code)),
        }
    }

    /// The columns, after the first step: a statement that was compiled anew by it may have others.
    pub(crate) fn columns(&self) -> usize {
        // SAFETY: the statement is compiled.
        unsafe { ffi::sqlite3_column_count(self.statement.raw.as_ptr()) as usize }
    }

    pub(crate) fn statement(&self) -> &Prepared {
        self.statement
    }

    /// Looks at the cells of the current row; their size together, 8 bytes for what is not text or a blob.
    ///
    /// SQLite calls such values unprotected: they may be read like any others as long as only one thread uses the
    /// connection, which `&mut` sees to.
    pub(crate) fn look(&mut self, columns: usize) -> usize {
        let stmt = self.statement.raw.as_ptr();
        let cells = &mut self.statement.cells;
        cells.clear();
        let mut bytes = 0;
        for column in 0..columns {
            // SAFETY: the statement is compiled; SQLite gives a null value for columns that are not there. The size of
            // a number is not asked for, which would make it text.
            let cell = unsafe {
                let value = ffi::sqlite3_column_value(stmt, column as c_int);
                let kind = ffi::sqlite3_value_type(value);
                let bytes = match kind {
                    ffi::SQLITE_TEXT | ffi::SQLITE_BLOB => ffi::sqlite3_value_bytes(value) as usize,
                    _ => 8,
                };
                Cell { value, kind, bytes }
            };
            bytes += cell.bytes;
            cells.push(cell);
        }
        bytes
    }

    /// A value of the row that was looked at; null past the last column. Valid until the next step, which takes a
    /// `&mut`.
    pub(crate) fn value(&self, column: usize) -> ValueRef<'_> {
        let Some(cell) = self.statement.cells.get(column) else {
            return ValueRef::Null;
        };
        // SAFETY: a valid value of the current row, as in `look`.
        unsafe {
            match cell.kind {
                ffi::SQLITE_INTEGER => ValueRef::Integer(ffi::sqlite3_value_int64(cell.value)),
                ffi::SQLITE_FLOAT => ValueRef::Real(ffi::sqlite3_value_double(cell.value)),
                ffi::SQLITE_TEXT => ValueRef::Text(String::from_utf8_lossy(bytes_of(cell))),
                ffi::SQLITE_BLOB => ValueRef::Blob(bytes_of(cell)),
                _ => ValueRef::Null,
            }
        }
    }

    /// The bytes of a text or blob as they are stored.
    pub(crate) fn bytes(&self, column: usize) -> &[u8] {
        let cell = self.statement.cells.get(column);
        // SAFETY: as for `value`.
        cell.map_or(&[], |cell| unsafe { bytes_of(cell) })
    }

    /// The steps of full table scans since the last call.
    pub(crate) fn take_scanned(&mut self) -> u64 {
        // SAFETY: the statement is compiled.
        let scanned = unsafe {
            ffi::sqlite3_stmt_status(
                self.statement.raw.as_ptr(),
                ffi::SQLITE_STMTSTATUS_FULLSCAN_STEP,
                1,
            )
        };
        u64::try_from(scanned).unwrap_or(0)
    }

    fn error(&self, code: c_int) -> Error {
        // SAFETY: the statement's connection is open, and the call that gave `code` was its last.
        unsafe {
            let database = ffi::sqlite3_db_handle(self.statement.raw.as_ptr());
            last_error(database, code)
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let stmt = self.statement.raw.as_ptr();
        // SAFETY: the statement is compiled. The result of the reset repeats the error of the last step.
        unsafe {
            ffi::sqlite3_reset(stmt);
            if self.has_borrowed {
                ffi::sqlite3_clear_bindings(stmt);
            }
        }
    }
}

/// # Safety
/// The text, if it is not null, must end in NUL and live for `'a`.
unsafe fn text<'a>(pointer: *const c_char) -> Option<Cow<'a, str>> {
    // SAFETY: the caller's promise.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_string_lossy())
}

/// The bytes of a text or blob; none of anything else.
///
/// # Safety
/// `cell` must be of a row that stays current for `'a`.
unsafe fn bytes_of<'a>(cell: &Cell) -> &'a [u8] {
    // SAFETY: the caller's promise. Neither call converts what is text in UTF-8 or a blob already, which it is since
    // its size was asked for; the pointer is valid until the next step. Nothing is stored as a null pointer.
    unsafe {
        let bytes = match cell.kind {
            ffi::SQLITE_TEXT => ffi::sqlite3_value_text(cell.value),
            ffi::SQLITE_BLOB => ffi::sqlite3_value_blob(cell.value).cast(),
            _ => return &[],
        };
        if bytes.is_null() {
            &[]
        } else {
            std::slice::from_raw_parts(bytes, cell.bytes)
        }
    }
}
