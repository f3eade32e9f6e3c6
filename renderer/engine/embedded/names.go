package embedded

// mainNames are the entries of the main directory (EXIF 2.32, section 4.6.4).
var mainNames = map[uint16]string{
	0x010e: "ImageDescription", 0x010f: "Make", 0x0110: "Model", 0x0112: "Orientation", 0x011a: "XResolution", 0x011b: "YResolution",
	0x0128: "ResolutionUnit", 0x0131: "Software", 0x0132: "ModifyDate", 0x013b: "Artist", 0x013c: "HostComputer", 0x013e: "WhitePoint",
	0x0213: "YCbCrPositioning", 0x4746: "Rating", 0x8298: "Copyright",
}

// photoNames are those about taking the picture (section 4.6.5).
var photoNames = map[uint16]string{
	0x829a: "ExposureTime", 0x829d: "FNumber", 0x8822: "ExposureProgram", 0x8827: "ISO", 0x8830: "SensitivityType",
	0x9000: "ExifVersion", 0x9003: "DateTimeOriginal", 0x9004: "CreateDate", 0x9010: "OffsetTime", 0x9011: "OffsetTimeOriginal",
	0x9012: "OffsetTimeDigitized", 0x9101: "ComponentsConfiguration", 0x9102: "CompressedBitsPerPixel", 0x9201: "ShutterSpeedValue",
	0x9202: "ApertureValue", 0x9203: "BrightnessValue", 0x9204: "ExposureCompensation", 0x9205: "MaxApertureValue",
	0x9206: "SubjectDistance", 0x9207: "MeteringMode", 0x9208: "LightSource", 0x9209: "Flash", 0x920a: "FocalLength",
	0x9214: "SubjectArea", 0x9286: "UserComment", 0x9290: "SubSecTime", 0x9291: "SubSecTimeOriginal", 0x9292: "SubSecTimeDigitized",
	0xa000: "FlashpixVersion", 0xa001: "ColorSpace", 0xa002: "ExifImageWidth", 0xa003: "ExifImageHeight", 0xa20e: "FocalPlaneXResolution",
	0xa20f: "FocalPlaneYResolution", 0xa210: "FocalPlaneResolutionUnit", 0xa214: "SubjectLocation", 0xa215: "ExposureIndex",
	0xa217: "SensingMethod", 0xa300: "FileSource", 0xa301: "SceneType", 0xa401: "CustomRendered", 0xa402: "ExposureMode",
	0xa403: "WhiteBalance", 0xa404: "DigitalZoomRatio", 0xa405: "FocalLengthIn35mmFormat", 0xa406: "SceneCaptureType",
	0xa407: "GainControl", 0xa408: "Contrast", 0xa409: "Saturation", 0xa40a: "Sharpness", 0xa40c: "SubjectDistanceRange",
	0xa420: "ImageUniqueID", 0xa430: "OwnerName", 0xa431: "SerialNumber", 0xa432: "LensInfo", 0xa433: "LensMake", 0xa434: "LensModel",
	0xa435: "LensSerialNumber",
}

// gpsNames are those about the place (section 4.6.6).
var gpsNames = map[uint16]string{
	0x0000: "GPSVersionID", 0x0001: "GPSLatitudeRef", 0x0002: "GPSLatitude", 0x0003: "GPSLongitudeRef", 0x0004: "GPSLongitude",
	0x0005: "GPSAltitudeRef", 0x0006: "GPSAltitude", 0x0007: "GPSTimeStamp", 0x0008: "GPSSatellites", 0x0009: "GPSStatus",
	0x000a: "GPSMeasureMode", 0x000b: "GPSDOP", 0x000c: "GPSSpeedRef", 0x000d: "GPSSpeed", 0x000e: "GPSTrackRef", 0x000f: "GPSTrack",
	0x0010: "GPSImgDirectionRef", 0x0011: "GPSImgDirection", 0x0012: "GPSMapDatum", 0x001d: "GPSDateStamp",
}

// meanings are what numbers stand for.
var meanings = map[string]map[int64]string{
	"Orientation": {
		1: "Horizontal (normal)", 2: "Mirror horizontal", 3: "Rotate 180", 4: "Mirror vertical",
		5: "Mirror horizontal and rotate 270 CW", 6: "Rotate 90 CW", 7: "Mirror horizontal and rotate 90 CW", 8: "Rotate 270 CW",
	},
	"ResolutionUnit":           {1: "None", 2: "inches", 3: "cm"},
	"FocalPlaneResolutionUnit": {1: "None", 2: "inches", 3: "cm"},
	"YCbCrPositioning":         {1: "Centered", 2: "Co-sited"},
	"ColorSpace":               {1: "sRGB", 2: "Adobe RGB", 0xffff: "Uncalibrated"},
	"ExposureProgram": {
		0: "Not Defined", 1: "Manual", 2: "Program AE", 3: "Aperture-priority AE", 4: "Shutter speed priority AE", 5: "Creative (Slow speed)",
		6: "Action (High speed)", 7: "Portrait", 8: "Landscape",
	},
	"MeteringMode": {
		0: "Unknown", 1: "Average", 2: "Center-weighted average", 3: "Spot", 4: "Multi-spot", 5: "Multi-segment", 6: "Partial", 255: "Other",
	},
	"Flash": {
		0x00: "No Flash", 0x01: "Fired", 0x05: "Fired, Return not detected", 0x07: "Fired, Return detected", 0x08: "On, Did not fire",
		0x09: "On, Fired", 0x10: "Off, Did not fire", 0x18: "Auto, Did not fire", 0x19: "Auto, Fired", 0x20: "No flash function",
		0x41: "Fired, Red-eye reduction", 0x59: "Auto, Fired, Red-eye reduction",
	},
	"ExposureMode":     {0: "Auto", 1: "Manual", 2: "Auto bracket"},
	"WhiteBalance":     {0: "Auto", 1: "Manual"},
	"SceneCaptureType": {0: "Standard", 1: "Landscape", 2: "Portrait", 3: "Night"},
	"CustomRendered":   {0: "Normal", 1: "Custom"},
	"Contrast":         {0: "Normal", 1: "Low", 2: "High"},
	"Saturation":       {0: "Normal", 1: "Low", 2: "High"},
	"Sharpness":        {0: "Normal", 1: "Soft", 2: "Hard"},
	"SensingMethod":    {1: "Not defined", 2: "One-chip color area", 3: "Two-chip color area", 4: "Three-chip color area"},
}

// recordNames are the data sets of the application record of IPTC (IIM 4.2, chapter 6).
var recordNames = map[byte]string{
	5: "ObjectName", 7: "EditStatus", 10: "Urgency", 15: "Category", 20: "SupplementalCategories", 25: "Keywords", 40: "SpecialInstructions",
	55: "DateCreated", 60: "TimeCreated", 65: "OriginatingProgram", 80: "By-line", 85: "By-lineTitle", 90: "City", 92: "Sub-location",
	95: "Province-State", 100: "Country-PrimaryLocationCode", 101: "Country-PrimaryLocationName", 103: "OriginalTransmissionReference",
	105: "Headline", 110: "Credit", 115: "Source", 116: "CopyrightNotice", 118: "Contact", 120: "Caption-Abstract", 122: "Writer-Editor",
}
