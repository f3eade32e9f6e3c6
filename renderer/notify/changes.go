package notify

import (
	"maps"
	"reflect"
	"slices"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// ChangeJobs are the jobs that tell the triggers of an environment what an update has changed, each kind of change by a
// notification of its own. event gives all but Type and Fields.
func ChangeJobs(event Event, snapshot *catalog.Snapshot, changes []library.Change) ([]library.NewJob, error) {
	return ChangeJobsTo(event, snapshot, "", changes)
}

// ChangeJobsTo is ChangeJobs for a call that has a URL of its own for notifications; empty for none.
func ChangeJobsTo(event Event, snapshot *catalog.Snapshot, callURL string, changes []library.Change) ([]library.NewJob, error) {
	var jobs []library.NewJob
	for _, change := range changes {
		made, err := FolderJobs(event, snapshot, change.MadeFolders)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, made...)
	}
	for _, kind := range []struct {
		event  string
		fields func([]library.Change) map[string]any
	}{
		{TagsChanged, tagsFields}, {ContextChanged, contextFields}, {MetadataChanged, metadataFields},
		{DisplayNameChanged, displayNameFields}, {Moved, movedFields}, {AccessControlChanged, accessControlFields},
	} {
		told := Targets(snapshot, kind.event, callURL)
		if len(told) == 0 {
			continue
		}
		fields := kind.fields(changes)
		if fields == nil {
			continue
		}
		fields["source"] = "api"
		event.Type, event.Fields = kind.event, fields
		more, err := Jobs(event, told, 0)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, more...)
	}
	return jobs, nil
}

// FolderJobs are the jobs that tell the triggers of an environment of the folders that an asset has made by being in them. A call's
// own URL is told what came of the call, not of them. event gives all but Type and Fields.
func FolderJobs(event Event, snapshot *catalog.Snapshot, made library.MadeFolders) (jobs []library.NewJob, err error) {
	for _, path := range made.In(snapshot.Environment.DynamicFolders) {
		event.Type, event.Fields = FolderCreated, FolderFields(path)
		more, err := Jobs(event, Targets(snapshot, FolderCreated, ""), 0)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, more...)
	}
	return jobs, nil
}

func tagsFields(changes []library.Change) map[string]any {
	var resources []map[string]any
	for _, change := range changes {
		added, removed := missingFrom(change.Before.Tags, change.After.Tags), missingFrom(change.After.Tags, change.Before.Tags)
		if len(added)+len(removed) == 0 {
			continue
		}
		resource := names(change.After)
		resource["public_id"], resource["added"], resource["removed"] = change.After.PublicID, added, removed
		resources = append(resources, resource)
	}
	if resources == nil {
		return nil
	}
	return map[string]any{"resources": resources}
}

// missingFrom are the values of list that base lacks.
func missingFrom(base, list []string) []string {
	missing := []string{}
	for _, value := range list {
		if !slices.Contains(base, value) {
			missing = append(missing, value)
		}
	}
	return missing
}

func contextFields(changes []library.Change) map[string]any {
	resources := map[string]any{}
	for _, change := range changes {
		before, after := change.Before.Context, change.After.Context
		if maps.Equal(before, after) {
			continue
		}
		added, removed, updated := []map[string]string{}, []map[string]string{}, []map[string]string{}
		for _, name := range slices.Sorted(maps.Keys(after)) {
			entry := map[string]string{"name": name, "value": after[name]}
			if old, had := before[name]; !had {
				added = append(added, entry)
			} else if old != after[name] {
				updated = append(updated, entry)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(before)) {
			if _, has := after[name]; !has {
				removed = append(removed, map[string]string{"name": name, "value": before[name]})
			}
		}
		resource := names(change.After)
		resource["added"], resource["removed"], resource["updated"] = added, removed, updated
		resources[change.After.PublicID] = resource
	}
	return resourcesOf(resources)
}

func metadataFields(changes []library.Change) map[string]any {
	resources := map[string]any{}
	for _, change := range changes {
		if reflect.DeepEqual(change.Before.Metadata, change.After.Metadata) {
			continue
		}
		resource := names(change.After)
		resource["previous_metadata"], resource["new_metadata"] = orEmpty(change.Before.Metadata), orEmpty(change.After.Metadata)
		resources[change.After.PublicID] = resource
	}
	return resourcesOf(resources)
}

func displayNameFields(changes []library.Change) map[string]any {
	resources := map[string]any{}
	for _, change := range changes {
		if change.Before.DisplayName == change.After.DisplayName {
			continue
		}
		resource := names(change.After)
		resource["public_id"], resource["asset_folder"] = change.After.PublicID, change.After.AssetFolder
		resource["previous_display_name"], resource["new_display_name"] = change.Before.DisplayName, change.After.DisplayName
		resources[change.After.AssetID] = resource
	}
	return resourcesOf(resources)
}

func accessControlFields(changes []library.Change) map[string]any {
	var resources []map[string]any
	for _, change := range changes {
		before, after := change.Before.AccessControl, change.After.AccessControl
		if reflect.DeepEqual(before, after) {
			continue
		}
		resource := names(change.After)
		resource["public_id"] = change.After.PublicID
		resource["previous_access_control"], resource["new_access_control"] = orNone(before), orNone(after)
		resources = append(resources, resource)
	}
	if resources == nil {
		return nil
	}
	return map[string]any{"resources": resources}
}

// orNone is never nil, so that it is a list in JSON.
func orNone(rules []library.AccessRule) []library.AccessRule {
	if rules == nil {
		return []library.AccessRule{}
	}
	return rules
}

func movedFields(changes []library.Change) map[string]any {
	resources := map[string]any{}
	for _, change := range changes {
		if change.Before.AssetFolder == change.After.AssetFolder {
			continue
		}
		resource := names(change.After)
		resource["from_asset_folder"], resource["to_asset_folder"] = change.Before.AssetFolder, change.After.AssetFolder
		resource["display_name"] = change.After.DisplayName
		resources[change.After.PublicID] = resource
	}
	return resourcesOf(resources)
}

// resourcesOf are the fields of a notification about several assets, nil for none.
func resourcesOf(resources map[string]any) map[string]any {
	if len(resources) == 0 {
		return nil
	}
	return map[string]any{"resources": resources}
}

func orEmpty(values map[string]any) map[string]any {
	if values == nil {
		return map[string]any{}
	}
	return values
}

// names is what a change tells of its asset.
func names(asset *library.Asset) map[string]any {
	return map[string]any{"asset_id": asset.AssetID, "resource_type": asset.ResourceType, "type": asset.Type}
}
