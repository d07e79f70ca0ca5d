package runtime

import (
	"archive/tar"
	"bytes"
	"testing"
)

func archiveOf(t *testing.T, name, content string) *bytes.Buffer {
	t.Helper()
	buffer := &bytes.Buffer{}
	writer := tar.NewWriter(buffer)
	if err := writer.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
		t.Fatal(err)
	}
	if _, err := writer.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer
}

func TestAnArchiveTellsItsNameAndContent(t *testing.T) {
	buffer := archiveOf(t, "manifest.json", `[{"Config":"abc.json","RepoTags":["seaworthy.local/qotm:1"],"Layers":["layer.tar"]}]`)
	archive, err := readManifest(buffer)
	if err != nil || archive.Name != "seaworthy.local/qotm:1" || archive.Content != "abc.json" {
		t.Errorf("got %+v, %v", archive, err)
	}
}

func TestWhatIsNoImageIsRefused(t *testing.T) {
	for name, buffer := range map[string]*bytes.Buffer{
		"no manifest": archiveOf(t, "etc/passwd", "root"),
		"two names":   archiveOf(t, "manifest.json", `[{"Config":"a","RepoTags":["a:1","b:1"]}]`),
		"no tar":      bytes.NewBufferString("hello"),
	} {
		if archive, err := readManifest(buffer); err == nil {
			t.Errorf("%s: taken for %+v", name, archive)
		}
	}
}
