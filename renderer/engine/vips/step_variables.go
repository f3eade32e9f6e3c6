package vips

import "github.com/darkroom-media/darkroom/renderer/transform"

// bufferName is the value of a variable that holds the picture as it is ($img_current).
const bufferName = "current"

// assignVariables evaluates the assignments of the component. It changes no pixel and leaves no line.
func assignVariables(s *stage) (bool, error) {
	for _, a := range s.component.Set {
		if err := s.job.variables.Assign(a); err != nil {
			return false, err
		}
		delete(s.job.buffers, a.Name)
		if a.Value.Name == bufferName {
			if err := s.keepBuffer(a); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

// keepBuffer keeps the picture as it is now, to be a layer later.
func (s *stage) keepBuffer(a transform.Assignment) error {
	if err := s.picture.settle(); err != nil {
		return err
	}
	buffer, err := s.picture.copy()
	if err != nil {
		return err
	}
	s.job.keep(buffer)
	if s.job.buffers == nil {
		s.job.buffers = map[string]*picture{}
	}
	s.job.buffers[a.Name] = buffer
	return nil
}
