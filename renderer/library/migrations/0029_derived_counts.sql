-- How many files were made of an asset, with the other values that are compared by order.
INSERT INTO asset_values (asset_id, field, number, text, created_at)
SELECT a.asset_id, 'transformations.count', COUNT(*), '', a.created_at FROM derived AS d JOIN assets AS a ON a.asset_id = d.asset_id
GROUP BY a.asset_id, a.created_at;
