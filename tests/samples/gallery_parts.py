"""The STEP files of the gallery: what they hold, which parts touch, and how to mesh them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import gallery_volumes as volumes
from gallery_volumes import BY_KERNEL_MM3


@dataclass(frozen=True, slots=True)
class GalleryFile:
    """One STEP file of the gallery."""

    file: str
    cell_size: float
    """Longest edge that gives 10,000 to 100,000 cells [m]."""
    volumes: Mapping[str, float]
    """Part → exact volume [m³]; a name that occurs again gets _2, _3 in the order of the file."""
    touching: tuple[tuple[str, str], ...] = ()
    """Globs (a, b): every part that matches a shares a face with one that matches b."""
    local_sizes: Mapping[str, float] = field(default_factory=dict)
    """Glob of parts → longest edge [m], for parts that are thin or round."""
    unit: str = "mm"
    """Unit of the coordinates in the file: mm, m or in."""

    @property
    def n_parts(self) -> int:
        return len(self.volumes)

    @property
    def by_kernel(self) -> tuple[str, ...]:
        """Parts whose volume is OCC's own, not worked out from dimensions."""
        return tuple(name for name in self.volumes if name in BY_KERNEL_MM3)


GALLERY = (
    GalleryFile(
        "power_module.step",
        cell_size=0.0035,
        volumes=volumes.power_module(),
        touching=(("heatsink", "baseplate"), ("solder_*", "baseplate"), ("solder_*", "chip_*"), ("chip_*", "solder_*")),
    ),
    GalleryFile(
        "pouch_cell.step",
        cell_size=0.005,
        volumes=volumes.pouch_cell(),
        touching=(("cell", "tab_*"), ("tab_*", "cell")),
        local_sizes={"tab_*": 0.0015},
    ),
    GalleryFile("turbine_blade.step", cell_size=0.0045, volumes=volumes.turbine_blade(), touching=(("blade", "disk"),)),
    GalleryFile(
        "motor_stator.step",
        cell_size=0.006,
        volumes=volumes.motor_stator(),
        touching=(
            ("coil_*", "core"),
            ("coil_*", "potting_*"),
            ("potting_*", "core"),
            ("core", "housing"),
            ("end_shield*", "housing"),
            ("bearing*", "end_shield*"),
            ("terminal_box", "housing"),
            ("terminal_lid", "terminal_box"),
        ),
        local_sizes={"core": 0.005, "potting_*": 0.003, "bearing*": 0.003},
    ),
    GalleryFile("l_bracket.step", cell_size=0.0035, volumes=volumes.l_bracket(), unit="in"),
    GalleryFile(
        "mould_insert.step",
        cell_size=0.009,
        volumes=volumes.mould_insert(),
        touching=(
            ("cavity_insert", "core_insert"),
            ("moulding", "core_insert"),
            ("moulding", "cavity_insert"),
            ("plug_*", "cavity_insert"),
        ),
        local_sizes={"moulding": 0.0035, "plug_*": 0.0008},
    ),
    GalleryFile(
        "pipe_tee.step",
        cell_size=0.0085,
        volumes=volumes.pipe_tee(),
        touching=(("flange_*", "pipe"), ("water", "pipe"), ("insulation", "pipe")),
    ),
    GalleryFile(
        "reefer_container.step",
        cell_size=0.18,
        volumes=volumes.reefer_container(),
        touching=(
            ("side_*", "frame"),
            ("floor", "frame"),
            ("roof", "frame"),
            ("reefer_unit", "frame"),
            ("bulkhead", "reefer_unit"),
            ("deck", "floor"),
            ("door_leaf*", "door_gasket"),
            ("locking_bar_*", "door_leaf*"),
            ("pallet*", "deck"),
            ("goods*", "pallet*"),
            ("goods*", "air"),
            ("air", "side_left"),
            ("air", "roof"),
            ("air", "bulkhead"),
            ("door_leaf*", "air"),
        ),
        local_sizes={"frame": 0.12, "door_gasket": 0.08, "locking_bar_*": 0.08},
        unit="m",
    ),
    GalleryFile(
        "office_floor.step",
        cell_size=0.55,
        volumes=volumes.office_floor(),
        touching=(
            ("air_*", "floor_slab"),
            ("air_*", "ceiling_slab"),
            ("air_*", "door_*"),
            ("outer_walls", "*_slab"),
            ("window_frame*", "outer_walls"),
            ("pane_*", "window_frame*"),
            ("pane_*", "air_*"),
            ("radiator_*", "outer_walls"),
            ("radiator_*", "air_*"),
            ("desk*", "floor_slab"),
            ("computer*", "floor_slab"),
            ("screen*", "desk*"),
            ("server_rack_*", "server_rack_*"),
        ),
        unit="m",
    ),
    GalleryFile(
        "street_block.step",
        cell_size=5.0,
        volumes=volumes.street_block(),
        touching=(
            ("road", "soil"),
            ("pond", "soil"),
            ("perimeter_block", "soil"),
            ("podium", "soil"),
            ("tower", "podium"),
            ("plant_room", "tower"),
            ("house*", "soil"),
            ("house*", "house*"),
            ("roof*", "house*"),
            ("tree_*", "soil"),
            ("tree_*", "air"),
            ("roof*", "air"),
            ("road", "air"),
            ("pond", "air"),
        ),
        local_sizes={"road": 3.5, "roof*": 3.5, "house*": 3.5, "tree_*": 2.0},
        unit="m",
    ),
    GalleryFile(
        "small_satellite.step",
        cell_size=0.025,
        volumes=volumes.small_satellite(),
        touching=(
            ("side_panel_*", "floor_panel"),
            ("side_panel_*", "top_panel"),
            ("deck", "side_panel_*"),
            ("adapter_ring", "floor_panel"),
            ("radiator", "side_panel_right"),
            ("battery_pad", "floor_panel"),
            ("power_unit_pad", "floor_panel"),
            ("computer_pad", "deck"),
            ("transmitter_pad", "deck"),
            ("gps_receiver_pad", "deck"),
            ("payload_processor_pad", "deck"),
            ("battery_cell_*", "battery_tray"),
            ("battery_cell_*", "battery_cell_*"),
            ("battery_lid", "battery_tray"),
            ("battery_tray", "battery_pad"),
            ("power_unit", "power_unit_pad"),
            ("transmitter", "transmitter_pad"),
            ("reaction_wheel_*", "floor_panel"),
            ("star_tracker", "top_panel"),
            ("barrel", "top_panel"),
            ("barrel", "deck"),
            ("lens", "barrel"),
            ("mirror", "barrel"),
            ("detector", "deck"),
            ("cell_string_*", "substrate*"),
            ("yoke_arm_*", "substrate*"),
            ("hinge_*", "substrate*"),
        ),
        local_sizes={
            "*_pad": 0.01,
            "cell_string_*": 0.015,
            "radiator": 0.015,
            "reaction_wheel_*": 0.006,
            "lens": 0.012,
            "mirror": 0.01,
            "barrel": 0.011,
            "adapter_ring": 0.02,
            "star_tracker": 0.01,
            "battery_lid": 0.012,
        },
    ),
)
"""All files, in the order of meshes/README.md."""
