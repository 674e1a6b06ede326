-- What everybody may see of the picture of a locked post; made when it is first asked for.

ALTER TABLE media ADD COLUMN blurred BLOB;
