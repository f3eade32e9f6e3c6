#!/usr/bin/env bash
# Fetches the real photos that tests use from Debian packages into a cache directory (default: .cache/photos of the
# repository). They are never committed. Does nothing when they are there already.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${1:-${DARKROOM_PHOTOS:-$root/.cache/photos}}

# <package> <file inside the package>; the cache holds them by their base name.
wanted() {
	local wallpapers=lomiri-wallpapers-16.04 backgrounds=usr/share/backgrounds name
	for name in Picture_1A_by_freespace Wine_by_Jakkub_Mede greentock_by_Peter_Nerlich seeding_by_Clements_Engelhardt \
		aitzgorri_by_Aitzol_Berasategi Dragonfly_by_Bolly friends_by_Aitzol_Berasategi sunset_by_Aitzol_Berasategi \
		free_by_Peter_Nerlich picosdeeuropa_by_Aitzol_Berasategi umang_by_Abhishek_Mudgal Picture_0B_by_freespace \
		life_by_Aitzol_Berasategi analogpattern_by_Peter_Nerlich Bridge_by_Sander_Klootwijk; do
		echo "$wallpapers $backgrounds/$name.jpg"
	done
	for name in astronaut.png coffee.png; do
		echo "python3-skimage usr/lib/python3/dist-packages/skimage/data/$name"
	done
	echo "opencv-doc usr/share/doc/opencv-doc/examples/data/messi5.jpg"
}

missing() {
	wanted | while read -r package file; do
		[[ -s $target/$(basename "$file") ]] || echo "$package"
	done | sort -u
}

packages=$(missing)
[[ -n $packages ]] || exit 0

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch" # apt drops its rights for the download
mkdir -p "$target"
for package in $packages; do
	echo "photos: downloading $package"
	(cd "$scratch" && apt-get -qq -o APT::Sandbox::User=root download "$package")
	dpkg -x "$scratch/$package"_*.deb "$scratch/$package"
	wanted | while read -r owner file; do
		if [[ $owner == "$package" ]]; then
			cp "$scratch/$package/$file" "$target/.partial"
			mv "$target/.partial" "$target/$(basename "$file")"
		fi
	done
	rm -rf "${scratch:?}/$package" "$scratch/$package"_*.deb
done
