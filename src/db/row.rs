//! Rows as structs.

/// Reads each field of a row from the column of its name, as the derive of `sqlx::FromRow` does.
///
/// That derive runs in the compiler, for which `sqlx` and both drivers would be compiled a second time.
macro_rules! from_row {
    ($(#[$attribute:meta])* $visibility:vis struct $row:ident { $($of_field:vis $field:ident: $type:ty,)* }) => {
        $(#[$attribute])*
        $visibility struct $row {
            $($of_field $field: $type,)*
        }

        impl sqlx::FromRow<'_, sqlx::any::AnyRow> for $row {
            fn from_row(row: &sqlx::any::AnyRow) -> sqlx::Result<Self> {
                Ok(Self { $($field: sqlx::Row::try_get(row, stringify!($field))?,)* })
            }
        }
    };
}

pub(crate) use from_row;
