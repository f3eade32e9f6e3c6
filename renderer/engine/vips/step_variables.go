package vips

// assignVariables evaluates the assignments of the component. It changes no pixel and leaves no line.
func assignVariables(s *stage) (bool, error) {
	for _, a := range s.component.Set {
		if err := s.job.variables.Assign(a); err != nil {
			return false, err
		}
	}
	return false, nil
}
