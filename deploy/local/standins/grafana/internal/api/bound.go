package api

import (
	"errors"
	"io"
)

// maxPassed bounds what is passed on of one answer.
const maxPassed = 64 << 20

// boundBody ends an answer that is too large with an error, so that nobody takes the part for the whole.
type boundBody struct {
	io.ReadCloser
	left int
}

func bound(body io.ReadCloser) io.ReadCloser { return &boundBody{ReadCloser: body, left: maxPassed} }

func (b *boundBody) Read(into []byte) (int, error) {
	count, err := b.ReadCloser.Read(into)
	if b.left -= count; b.left < 0 {
		return 0, errors.New("the answer of the data source is too large")
	}
	return count, err
}
