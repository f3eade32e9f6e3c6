package admin

import (
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

func (h *Handler) ping(*call) (wire.Object, error) { return wire.Object{"status": "ok"}, nil }

func (h *Handler) resourceTypes(*call) (wire.Object, error) {
	return wire.Object{"resource_types": []string{library.Image, library.Raw, library.Video}}, nil
}

func (h *Handler) config(c *call) (wire.Object, error) {
	environment := c.snapshot.Environment
	answer := wire.Object{"cloud_name": environment.CloudName}
	if !environment.CreatedAt.IsZero() {
		answer["created_at"] = wire.Time(environment.CreatedAt)
	}
	settings, err := c.params.Bool("settings", false)
	if err != nil {
		return nil, err
	}
	if settings {
		mode := "fixed"
		if environment.DynamicFolders {
			mode = "dynamic"
		}
		answer["settings"] = wire.Object{"folder_mode": mode}
	}
	return answer, nil
}
