package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// writeTable aligns the first columns to the left and the others to the right, with three blanks between.
func writeTable(out io.Writer, lines [][]string, left int) {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for column, cell := range line {
			widths[column] = max(widths[column], utf8.RuneCountInString(cell))
		}
	}
	for _, line := range lines {
		padded := make([]string, len(line))
		for column, cell := range line {
			blanks := strings.Repeat(" ", widths[column]-utf8.RuneCountInString(cell))
			if padded[column] = blanks + cell; column < left {
				padded[column] = cell + blanks
			}
		}
		fmt.Fprintln(out, strings.TrimRight(strings.Join(padded, "   "), " "))
	}
}
