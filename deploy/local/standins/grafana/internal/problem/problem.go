// Package problem holds the shapes in which Grafana refuses a request.
package problem

import (
	"fmt"
	"net/http"
)

// Problem is a refusal with its HTTP status and JSON body.
type Problem struct {
	Status int
	Body   map[string]any
}

func (p *Problem) Error() string {
	message, _ := p.Body["message"].(string)
	return message
}

// New is the plain form: a message.
func New(status int, format string, arguments ...any) *Problem {
	return &Problem{Status: status, Body: map[string]any{"message": fmt.Sprintf(format, arguments...)}}
}

// Typed is the form with an identifier that programs compare.
func Typed(status int, id, format string, arguments ...any) *Problem {
	message := fmt.Sprintf(format, arguments...)
	return &Problem{Status: status, Body: map[string]any{"statusCode": status, "messageId": id, "message": message}}
}

// Worded is the form of dashboards and folders: a word for the reason beside the message.
func Worded(status int, word, format string, arguments ...any) *Problem {
	return &Problem{Status: status, Body: map[string]any{"status": word, "message": fmt.Sprintf(format, arguments...)}}
}

// Unknown says that the stand-in does not know something which Grafana does.
func Unknown(what string) *Problem {
	return New(http.StatusNotFound, "This is a stand-in for Grafana, and it does not know %s.", what)
}

// BadRequest is what Grafana says of a body that it cannot read; the reason is added.
func BadRequest(err error) *Problem {
	found := New(http.StatusBadRequest, "bad request data")
	found.Body["error"] = err.Error()
	return found
}
