package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"seaworthy/deploy/local/internal/layout"
	"seaworthy/deploy/local/internal/parts"
)

// removeStale takes away the parts that an earlier version of this program's order had and this one's has not. What somebody
// added from a folder of their own stays. One that cannot be removed is named, and the next start tries again.
func removeStale(ctx context.Context, folder layout.Layout, resources Resources, out io.Writer) {
	stale, err := staleParts(folder, resources)
	if err != nil {
		fmt.Fprintf(out, "Parts of an earlier version are not removed: %v\n", err)
	}
	for _, name := range stale {
		err := removePart(ctx, folder, name, out)
		if err == nil {
			err = os.RemoveAll(folder.PartSource(name))
		}
		if err != nil {
			fmt.Fprintf(out, "The part %s of an earlier version is not removed: %v\n", name, err)
		}
	}
}

// staleParts are those that were built beside this program and are not in its order. Without an order none is.
func staleParts(folder layout.Layout, resources Resources) ([]string, error) {
	if len(resources.Parts) == 0 {
		return nil, nil
	}
	statuses, err := parts.ListStatuses(folder)
	if err != nil {
		return nil, err
	}
	var stale []string
	for _, part := range statuses {
		if slices.Contains(resources.Parts, part.Name) {
			continue
		}
		source, err := os.ReadFile(folder.PartSource(part.Name))
		// The adding of one without a source never ended.
		isOurs := errors.Is(err, os.ErrNotExist) || filepath.Dir(strings.TrimSpace(string(source))) == resources.Built
		if isOurs {
			stale = append(stale, part.Name)
		}
	}
	return stale, nil
}
