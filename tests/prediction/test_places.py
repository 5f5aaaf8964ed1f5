"""Where results go: never twice to one place, never onto a source."""

from pathlib import Path

import pytest
from prediction.named import files, picture

from yolov10.errors import UserError
from yolov10.prediction.places import Places, check_output, member, take_label
from yolov10.prediction.video import Video


class TestCheckOutput:
    def test_the_picture_itself_is_never_overwritten(self, tmp_path):
        files(tmp_path, "a.jpg")
        with pytest.raises(UserError, match=r"a\.jpg would overwrite .* choose another --output"):
            check_output([picture(str(tmp_path / "a.jpg"))], tmp_path)

    @pytest.mark.parametrize("order", [["x/a.jpg", "yy/a.jpg"], ["yy/a.jpg", "x/a.jpg"]])
    def test_another_source_picture_is_never_overwritten(self, tmp_path, order):
        files(tmp_path, *order)
        with pytest.raises(UserError, match=r"yy/a\.jpg would overwrite"):
            check_output([picture(str(tmp_path / name)) for name in order], tmp_path / "yy")

    def test_a_numbered_copy_never_overwrites_a_picture(self, tmp_path):
        files(tmp_path, "x/a.jpg", "z/a.jpg", "yy/a-2.jpg")
        chosen = [picture(str(tmp_path / name)) for name in ("x/a.jpg", "z/a.jpg", "yy/a-2.jpg")]
        with pytest.raises(UserError, match=r"yy/a-2\.jpg would overwrite"):
            check_output(chosen, tmp_path / "yy")

    def test_a_copy_in_another_format_never_overwrites_a_picture(self, tmp_path):
        files(tmp_path, "a.gif", "yy/a.gif.jpg")
        chosen = [picture(str(tmp_path / "a.gif")), picture(str(tmp_path / "yy/a.gif.jpg"), "other/b.jpg")]
        with pytest.raises(UserError, match=r"a\.gif\.jpg would overwrite"):
            check_output(chosen, tmp_path / "yy")

    def test_a_linked_output_folder_is_seen_through(self, tmp_path):
        files(tmp_path, "x/a.jpg")
        (tmp_path / "link").symlink_to(tmp_path / "x")
        with pytest.raises(UserError, match="would overwrite"):
            check_output([picture(str(tmp_path / "x" / "a.jpg"))], tmp_path / "link")

    def test_copies_of_an_earlier_run_may_be_replaced(self, tmp_path):
        files(tmp_path, "a.jpg", "b.gif", "out/a.jpg", "out/b.gif.jpg")
        check_output([picture(str(tmp_path / name)) for name in ("a.jpg", "b.gif")], tmp_path / "out")

    def test_a_folder_yet_to_be_made_and_standard_input_are_fine(self, tmp_path):
        check_output([picture(str(tmp_path / "a.jpg"))], tmp_path / "new")
        check_output([picture("-", "stdin.jpg")], tmp_path)

    @pytest.mark.parametrize("name", ["clip-000000.txt", "clip-2-000000.txt"])
    def test_the_text_file_of_a_frame_never_overwrites_a_list(self, tmp_path, name):
        files(tmp_path, name)
        (tmp_path / "link.txt").symlink_to(name)
        clips = [Video("x/clip.mp4", Path("clip.mp4")), Video("y/clip.mp4", Path("clip.mp4"))]
        with pytest.raises(UserError, match=rf"{name} would overwrite .* choose another --output"):
            check_output(clips, tmp_path, take_label, lists=[str(tmp_path / "link.txt")])
        with pytest.raises(UserError, match=rf"{name} would overwrite"):
            check_output([*clips, picture(str(tmp_path / name))], tmp_path, take_label)
        check_output(clips, tmp_path, take_label, lists=[str(tmp_path / "other-000000.txt")])
        check_output(clips, tmp_path / "elsewhere", take_label, lists=[str(tmp_path / name)])


class TestPlaces:
    @pytest.mark.parametrize("first", ["picture", "video"])
    def test_the_text_files_of_a_video_never_fall_on_those_of_pictures_or_other_videos(self, tmp_path, first):
        places, taken = Places(tmp_path), []
        pictures = [Path("clip-000000.txt"), Path("clip-2-000001.txt"), Path("clip-1234567.txt")]
        for _ in range(3):
            if first == "picture":
                taken += map(places.take, pictures)
            series = places.take_series(Path("clip.txt"))
            taken += [member(series, number) for number in (0, 1, 1234567)]
            if first == "video":
                taken += map(places.take, pictures)
        assert len(set(taken)) == len(taken) == 18
        assert (tmp_path / "clip-000000.txt") in taken

    def test_names_that_are_no_frames_are_left_to_pictures(self, tmp_path):
        places = Places(tmp_path)
        places.take_series(Path("clip.txt"))
        names = ["clip-00000.txt", "clip000000.txt", "clip-000000x.txt", "other-000000.txt"]
        assert [places.take(Path(name)).name for name in names] == names

    def test_a_name_handed_out_by_number_is_not_handed_out_again(self, tmp_path):
        places = Places(tmp_path)
        taken = [places.take(Path(name)).name for name in ("a-2.jpg", "a.jpg", "a.jpg", "a-2.jpg", "a.jpg")]
        assert taken == ["a-2.jpg", "a.jpg", "a-3.jpg", "a-2-2.jpg", "a-4.jpg"]

    def test_many_pictures_of_one_name_take_no_longer_each(self, tmp_path):
        class Counted(type(tmp_path)):
            made = 0

            def with_stem(self, stem):
                Counted.made += 1
                return super().with_stem(stem)

        places = Places(tmp_path)
        assert len({places.take(Counted("a.jpg")) for _ in range(1000)}) == 1000
        assert Counted.made == 999
