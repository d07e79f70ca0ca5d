package accounts

import (
	"errors"
	"net/http"
	"time"

	"seaworthy/deploy/local/standins/grafana/internal/problem"
	"seaworthy/deploy/local/standins/grafana/internal/store"
)

// NewPerson is what an administrator says of a new person.
type NewPerson struct {
	Name     string `json:"name"`
	Email    string `json:"email"`
	Login    string `json:"login"`
	Password string `json:"password"`
	OrgID    int64  `json:"OrgId"`
	Role     Role   `json:"-"`
}

// List gives the people, or the service accounts.
func (a *Accounts) List(isService bool) ([]*Account, error) {
	return table.All(a.store, func(one *Account) bool { return one.IsService == isService })
}

// Get gives one person, or one service account.
func (a *Accounts) Get(id int64, isService bool) (*Account, error) {
	return table.One(a.store, func(one *Account) bool { return one.ID == id && one.IsService == isService }, missing(isService))
}

// LookUp gives the person with the login or mail address.
func (a *Accounts) LookUp(login string) (*Account, error) {
	return table.One(a.store, answersTo(login), missing(false))
}

func answersTo(login string) func(*Account) bool {
	return func(one *Account) bool {
		return !one.IsService && login != "" && (one.Login == login || one.Email == login)
	}
}

func missing(isService bool) error {
	if isService {
		return problem.Typed(http.StatusNotFound, "serviceaccounts.ErrNotFound", "service account not found")
	}
	return problem.New(http.StatusNotFound, "user not found")
}

// AddPerson makes a person; either of login and mail address stands for the other.
func (a *Accounts) AddPerson(new NewPerson) (*Account, error) {
	if new.Login == "" {
		new.Login = new.Email
	}
	if new.Login == "" {
		return nil, problem.New(http.StatusBadRequest, "Validation error, need specify either username or email")
	}
	if new.OrgID > 1 {
		return nil, problem.New(http.StatusBadRequest, "This stand-in for Grafana has one organisation, of the number 1")
	}
	one := &Account{Login: new.Login, Email: new.Email, Name: new.Name, Role: new.Role}
	return one, a.store.Write(func(tx *store.Tx) error { return a.add(tx, one, new.Password) })
}

// Change writes what a function changes of a person.
func (a *Accounts) Change(id int64, change func(*Account)) error {
	_, err := table.Change(a.store, store.Key(id), missing(false), func(tx *store.Tx, one *Account) error {
		if one.IsService {
			return missing(false)
		}
		wasAdmin := one.IsAdmin
		change(one)
		one.Updated = time.Now().UTC()
		if wasAdmin && !one.IsAdmin {
			return keepsAdmin(tx, id)
		}
		return nil
	})
	return err
}

func keepsAdmin(tx *store.Tx, except int64) error {
	other, err := table.Find(tx, func(one *Account) bool { return one.IsAdmin && !one.IsDisabled && one.ID != except })
	if err == nil && other == nil {
		return problem.New(http.StatusBadRequest, "Cannot remove last Grafana admin")
	}
	return err
}

// SetPassword gives a person a new password and ends their sessions but the one that is kept.
func (a *Accounts) SetPassword(id int64, password, keptSession string) error {
	hash, err := hashPassword(password)
	if err != nil {
		return err
	}
	if err := a.Change(id, func(one *Account) { one.PasswordHash = hash }); err != nil {
		return err
	}
	return a.store.Write(func(tx *store.Tx) error {
		return sessions.DeleteAll(tx, func(name string, one *session) bool {
			return one.AccountID == id && name != hashSecret(keptSession)
		})
	})
}

// Delete removes an account with its sessions and tokens.
func (a *Accounts) Delete(id int64, isService bool) error {
	_, err := table.Remove(a.store, store.Key(id), missing(isService), func(tx *store.Tx, one *Account) error {
		if one.IsService != isService {
			return missing(isService)
		}
		if one.IsAdmin {
			if err := keepsAdmin(tx, id); err != nil {
				return err
			}
		}
		return errors.Join(
			sessions.DeleteAll(tx, func(_ string, one *session) bool { return one.AccountID == id }),
			tokens.DeleteAll(tx, func(_ string, one *Token) bool { return one.AccountID == id }),
		)
	})
	return err
}
